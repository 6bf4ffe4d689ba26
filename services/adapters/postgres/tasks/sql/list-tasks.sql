-- The newest first. Each parameter but the last may be null: then it does not restrict the list.
SELECT {{task-columns}}
FROM task LEFT JOIN worker ON worker.id = task.worker
WHERE ($1::text IS NULL OR task.pipeline = $1)
  AND ($2::text IS NULL OR task.state = $2)
  AND ($3::bigint IS NULL OR task.id < $3)
  AND ($4::bigint IS NULL OR task.worker = $4)
ORDER BY task.id DESC
LIMIT $5
