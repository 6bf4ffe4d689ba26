-- The readings of a vehicle in a time span, by the clock of the vehicle. Each column is one array in binary format.
-- Only columns of the primary key index are read, so that no table row is fetched.
SELECT
  array_send(array_agg(recorded_at)),
  array_send(array_agg(longitude)),
  array_send(array_agg(latitude)),
  array_send(array_agg(speed)),
  array_send(array_agg(heading))
FROM (
  SELECT recorded_at, longitude, latitude, speed, heading
  FROM "{{table}}" AS reading
  WHERE vin = $1 AND recorded_at >= $2 AND recorded_at < $3
  ORDER BY recorded_at, sequence
  LIMIT $4
) AS track
