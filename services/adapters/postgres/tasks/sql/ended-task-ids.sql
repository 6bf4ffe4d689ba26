SELECT id FROM task
WHERE pipeline = $1 AND state = $2 AND id > $3
ORDER BY id LIMIT $4
