-- The given names differ. A name that another file has is not reserved. Files whose task was tried again since are
-- not moved now, and are not returned. Nor are files that another mover has archived since.
WITH ended_file AS (
  SELECT given.* FROM unnest($2::bigint[], $3::int[], $4::text[]) AS given (file, attempt, target)
  JOIN file ON file.id = given.file JOIN task ON task.id = file.task
  WHERE task.attempt = given.attempt AND task.state IN ('complete', 'failed', 'canceled')
    AND file.archived_at IS NULL
), reserved_target AS (
  UPDATE file SET target_key = ended_file.target
  FROM ended_file
  WHERE file.id = ended_file.file AND file.archived_at IS NULL AND NOT EXISTS (
    SELECT FROM file AS other
    WHERE other.bucket = $1 AND other.target_key = ended_file.target AND other.archived_at IS NULL
      AND other.id <> ended_file.file
  )
  RETURNING file.id
)
SELECT ended_file.file AS id, reserved_target.id IS NOT NULL AS is_reserved FROM ended_file LEFT JOIN reserved_target ON reserved_target.id = ended_file.file
