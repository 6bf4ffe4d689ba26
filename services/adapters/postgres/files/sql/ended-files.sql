-- The files whose tasks have ended and that are not moved yet, the oldest first.
SELECT file.id, file.key, file.size, file.etag, file.modified_at, file.pipeline, file.target_key,
  file.processing_key, file.task,
  task.state, task.code, task.detail, task.attempt, task.ended_at, task_log.lines
FROM file JOIN task ON task.id = file.task LEFT JOIN task_log ON task_log.task = task.id
WHERE file.bucket = $1 AND file.archived_at IS NULL AND task.state IN ('complete', 'failed', 'canceled')
  AND file.id > $2
ORDER BY file.id
LIMIT $3
