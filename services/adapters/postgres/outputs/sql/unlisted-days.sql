SELECT DISTINCT folder, day::text FROM task_output
WHERE stored_at IS NOT NULL AND listed_at IS NULL
ORDER BY folder, day
