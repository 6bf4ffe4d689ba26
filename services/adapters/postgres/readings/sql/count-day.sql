SELECT count(*) AS rows
FROM "{{table}}"
WHERE recorded_at >= $1::date::timestamp AT TIME ZONE 'UTC'
  AND recorded_at < ($1::date + 1)::timestamp AT TIME ZONE 'UTC'
