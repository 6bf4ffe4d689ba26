-- Like track.sql, with the additional columns of track files. The last one is the index of the
-- altitude's reference: 0 ellipsoid, 1 sea level, 2 unknown.
SELECT
  array_send(array_agg(recorded_at)),
  array_send(array_agg(longitude)),
  array_send(array_agg(latitude)),
  array_send(array_agg(speed)),
  array_send(array_agg(heading)),
  array_send(array_agg(altitude)),
  array_send(array_agg(sequence)),
  array_send(array_agg(altitude_reference))
FROM (
  SELECT
    recorded_at, longitude, latitude, speed, heading, altitude, sequence::double precision AS sequence,
    (CASE COALESCE(metadata ->> 'altitudeReference', 'ellipsoid')
      WHEN 'ellipsoid' THEN 0
      WHEN 'sea-level' THEN 1
      ELSE 2
    END)::double precision AS altitude_reference
  FROM "{{table}}" AS reading
  WHERE vin = $1 AND recorded_at >= $2 AND recorded_at < $3
  ORDER BY recorded_at, reading.sequence
  LIMIT $4
) AS track
