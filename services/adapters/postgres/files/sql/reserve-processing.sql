-- Not for an attempt that has ended: its file may have been moved.
WITH held AS (
  SELECT task.id FROM file JOIN task ON task.id = file.task
  WHERE file.id = $1 AND task.attempt = $4 AND task.state IN ('queued', 'running')
  FOR SHARE OF task
), reserved AS (
  UPDATE file SET processing_key = $3
  WHERE id = $1 AND EXISTS (SELECT FROM held) AND NOT EXISTS (
    SELECT FROM file AS other
    WHERE other.bucket = $2 AND other.processing_key = $3 AND other.archived_at IS NULL AND other.id <> $1
  )
  RETURNING id
)
SELECT EXISTS (SELECT FROM held) AS is_held, EXISTS (SELECT FROM reserved) AS is_reserved
