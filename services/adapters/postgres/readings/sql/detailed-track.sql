-- Like track.sql, with the additional columns of track files.
SELECT
  array_send(array_agg(seconds)),
  array_send(array_agg(longitude)),
  array_send(array_agg(latitude)),
  array_send(array_agg(speed)),
  array_send(array_agg(heading)),
  array_send(array_agg(altitude)),
  array_send(array_agg(sequence))
FROM (
  SELECT
    date_part('epoch', recorded_at) AS seconds,
    longitude, latitude, speed, heading, altitude, sequence::double precision AS sequence
  FROM "{{table}}" AS reading
  WHERE vin = $1 AND recorded_at >= $2 AND recorded_at < $3
  ORDER BY recorded_at, reading.sequence
  LIMIT $4
) AS track
