-- What each vehicle did on a day in UTC. Distances are great circles between successive readings that are
-- at most five minutes apart; a longer silence is not a drive.
WITH ordered AS (
  SELECT vin, recorded_at, speed, latitude, longitude,
         lag(recorded_at) OVER vehicle AS before_at,
         lag(latitude) OVER vehicle AS before_latitude,
         lag(longitude) OVER vehicle AS before_longitude
  FROM {{table}}
  WHERE recorded_at >= ($1::date)::timestamp AT TIME ZONE 'UTC'
    AND recorded_at < ($1::date + 1)::timestamp AT TIME ZONE 'UTC'
  WINDOW vehicle AS (PARTITION BY vin ORDER BY recorded_at, sequence)
),
legs AS (
  SELECT *,
         CASE WHEN recorded_at - before_at <= interval '5 minutes' THEN
           -- Haversine formula, with the mean radius of the Earth in metres (IUGG).
           2 * 6371008.8 * asin(sqrt(least(1.0,
             power(sin(radians(latitude - before_latitude) / 2), 2)
             + cos(radians(before_latitude)) * cos(radians(latitude))
               * power(sin(radians(longitude - before_longitude) / 2), 2))))
         END AS metres
  FROM ordered
)
SELECT to_char($1::date, 'YYYY-MM-DD') AS day,
       vin,
       count(*) AS readings,
       round(coalesce(sum(metres), 0)::numeric)::bigint AS distance_metres,
       max(speed) AS max_speed,
       avg(speed) AS mean_speed,
       min(recorded_at) AS first_at,
       max(recorded_at) AS last_at
FROM legs
GROUP BY vin
ORDER BY vin
