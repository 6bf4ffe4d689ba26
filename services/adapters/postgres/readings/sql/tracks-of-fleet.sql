-- For each vehicle, the first reading of every interval of $4 seconds in a time span. Each column is one array in
-- binary format.
SELECT vehicle.vin, track.*
FROM unnest($1::text[]) AS vehicle (vin)
CROSS JOIN LATERAL (
  SELECT
    array_send(array_agg(recorded_at)),
    array_send(array_agg(longitude)),
    array_send(array_agg(latitude)),
    array_send(array_agg(speed)),
    array_send(array_agg(heading))
  FROM (
    SELECT DISTINCT ON (floor(date_part('epoch', recorded_at) / $4))
      recorded_at, longitude, latitude, speed, heading
    FROM "{{table}}" AS reading
    WHERE reading.vin = vehicle.vin AND recorded_at >= $2 AND recorded_at < $3
    ORDER BY floor(date_part('epoch', recorded_at) / $4), recorded_at, reading.sequence
  ) AS downsampled
) AS track
