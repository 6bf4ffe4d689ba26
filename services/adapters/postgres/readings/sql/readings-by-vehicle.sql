-- The readings of a time span, one row for each vehicle. Each column is one array in binary format. Vehicles are found
-- by leaping from one to the next in the days of the span ($3 to $4, so that only their partitions are read); their
-- readings are read from the primary key index alone.
WITH RECURSIVE vehicle AS (
  (
    SELECT vin FROM "{{table}}"
    WHERE recorded_at >= $3 AND recorded_at < $4
    ORDER BY vin
    LIMIT 1
  )
  UNION ALL
  SELECT following.vin
  FROM vehicle
  CROSS JOIN LATERAL (
    SELECT reading.vin
    FROM "{{table}}" AS reading
    WHERE reading.vin > vehicle.vin AND recorded_at >= $3 AND recorded_at < $4
    ORDER BY reading.vin
    LIMIT 1
  ) AS following
)
SELECT
  vehicle.vin,
  array_send(track.times),
  array_send(track.longitudes),
  array_send(track.latitudes),
  array_send(track.speeds)
FROM vehicle
CROSS JOIN LATERAL (
  SELECT
    array_agg(recorded_at) AS times,
    array_agg(longitude) AS longitudes,
    array_agg(latitude) AS latitudes,
    array_agg(speed) AS speeds
  FROM (
    SELECT recorded_at, longitude, latitude, speed
    FROM "{{table}}" AS reading
    WHERE reading.vin = vehicle.vin AND recorded_at >= $1 AND recorded_at < $2
    ORDER BY recorded_at, reading.sequence
  ) AS ordered
) AS track
WHERE track.times IS NOT NULL
