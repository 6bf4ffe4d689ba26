SELECT task, key, rows, bytes, encode(sha256, 'hex') AS sha256, tables, pipeline, stored_at AS "storedAt"
FROM task_output WHERE task = $1
