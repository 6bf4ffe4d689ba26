SELECT DISTINCT pipeline AS name FROM task_count ORDER BY pipeline
