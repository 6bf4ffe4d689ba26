DELETE FROM task_output WHERE pipeline = $1 AND stored_at IS NULL
