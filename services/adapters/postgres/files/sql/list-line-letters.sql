-- The dead letters of the lines of a file, in their order, with the beginning of their text.
SELECT line, code, detail, substr(record_value, 1, 1000) AS text
FROM dead_letter WHERE pipeline = $1 AND task_id = $2 ORDER BY line LIMIT $3
