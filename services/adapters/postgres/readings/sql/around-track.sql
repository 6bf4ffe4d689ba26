-- The readings of a vehicle before $2 and from $3 on: those from $4 to $5, and $6 more on each side. At most the $7
-- nearest of each side. Like track.sql it reads the primary key index only.
SELECT
  array_send(array_agg(recorded_at)),
  array_send(array_agg(longitude)),
  array_send(array_agg(latitude)),
  array_send(array_agg(speed)),
  array_send(array_agg(heading))
FROM (
  SELECT recorded_at, longitude, latitude, speed, heading
  FROM (
    (
      (
        SELECT recorded_at, sequence, longitude, latitude, speed, heading
        FROM "{{table}}"
        WHERE vin = $1 AND recorded_at >= $4 AND recorded_at < $2
        ORDER BY recorded_at DESC, sequence DESC
        LIMIT $7
      )
      UNION ALL
      (
        SELECT recorded_at, sequence, longitude, latitude, speed, heading
        FROM "{{table}}"
        WHERE vin = $1 AND recorded_at < $4
        ORDER BY recorded_at DESC, sequence DESC
        LIMIT $6
      )
      ORDER BY recorded_at DESC, sequence DESC
      LIMIT $7
    )
    UNION ALL
    (
      (
        SELECT recorded_at, sequence, longitude, latitude, speed, heading
        FROM "{{table}}"
        WHERE vin = $1 AND recorded_at >= $3 AND recorded_at < $5
        ORDER BY recorded_at, sequence
        LIMIT $7
      )
      UNION ALL
      (
        SELECT recorded_at, sequence, longitude, latitude, speed, heading
        FROM "{{table}}"
        WHERE vin = $1 AND recorded_at >= $5
        ORDER BY recorded_at, sequence
        LIMIT $6
      )
      ORDER BY recorded_at, sequence
      LIMIT $7
    )
  ) AS both_sides
  ORDER BY recorded_at, sequence
) AS track
