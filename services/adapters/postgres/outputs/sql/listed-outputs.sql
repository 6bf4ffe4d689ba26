SELECT task, key, rows, bytes, encode(sha256, 'hex') AS sha256, tables, listed_at IS NULL AS "isNew"
FROM task_output
WHERE folder = $1 AND day = $2::date AND stored_at IS NOT NULL AND task > $3
ORDER BY task LIMIT $4
