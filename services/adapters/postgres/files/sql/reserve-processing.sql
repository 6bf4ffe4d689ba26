-- An attempt that has ended reserves nothing, because its file may have been moved.
WITH held_task AS (
  SELECT task.id FROM file JOIN task ON task.id = file.task
  WHERE file.id = $1 AND task.attempt = $4 AND task.state IN ('queued', 'running')
  FOR SHARE OF task
), reserved_place AS (
  UPDATE file SET processing_key = $3
  WHERE id = $1 AND EXISTS (SELECT FROM held_task) AND NOT EXISTS (
    SELECT FROM file AS other
    WHERE other.bucket = $2 AND other.processing_key = $3 AND other.archived_at IS NULL AND other.id <> $1
  )
  RETURNING id
)
SELECT EXISTS (SELECT FROM held_task) AS is_held, EXISTS (SELECT FROM reserved_place) AS is_reserved
