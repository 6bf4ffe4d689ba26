-- The last reading of each vehicle, the latest first. Times in microseconds, because a Date of the driver only has milliseconds.
SELECT
  vin,
  (extract(epoch FROM recorded_at) * 1000000)::bigint AS recorded_at,
  (extract(epoch FROM received_at) * 1000000)::bigint AS received_at,
  sequence, latitude, longitude, altitude, speed, heading, make, model, metadata
FROM latest_position AS latest
ORDER BY latest.recorded_at DESC
LIMIT $1
