-- Running tasks of the pipeline whose attempts began before that of the task $2.
SELECT id, attempt, params FROM task
WHERE state = 'running' AND pipeline = $1
  AND started_at < (SELECT started_at FROM task WHERE id = $2)
