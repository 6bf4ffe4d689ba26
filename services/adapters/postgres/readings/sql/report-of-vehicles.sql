-- The sums of the next vehicles after $3, at most $4, for each day (from, to). Vehicles are found by leaping from one to
-- the next.
WITH RECURSIVE vehicle AS (
  (SELECT vin FROM data.vehicle_hour WHERE vin > $3 ORDER BY vin LIMIT 1)
  UNION ALL
  SELECT following.vin
  FROM vehicle
  CROSS JOIN LATERAL (
    SELECT present.vin
    FROM data.vehicle_hour AS present
    WHERE present.vin > vehicle.vin
    ORDER BY present.vin
    LIMIT 1
  ) AS following
)
SELECT
  page.vin,
  number::integer AS "dayNumber",
  sum(distance_mm)::bigint AS "distanceMillimetres",
  sum(driving_ms)::bigint AS "drivingMs",
  sum(idle_ms)::bigint AS "idleMs",
  sum(stops)::bigint AS stops,
  max(max_speed) AS "maxSpeed",
  sum(readings)::bigint AS readings,
  sum(gaps)::bigint AS gaps
FROM (
  SELECT vin
  FROM vehicle
  WHERE EXISTS (
    SELECT FROM data.vehicle_hour AS present
    WHERE present.vin = vehicle.vin
      AND present.hour_begin >= ($1::timestamptz[])[1]
      AND present.hour_begin < ($2::timestamptz[])[cardinality($2::timestamptz[])]
  )
  LIMIT $4
) AS page
CROSS JOIN unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS day (day_begin, day_end, number)
JOIN data.vehicle_hour AS one_hour
  ON one_hour.vin = page.vin AND hour_begin >= day_begin AND hour_begin < day_end
GROUP BY page.vin, number
ORDER BY page.vin, number
