-- The given names differ. A name that another file has is not reserved. Files whose task was tried again since are
-- not moved now, and are not returned. Nor are files that another mover has archived since. LIMIT, ANY and
-- CASE: each file and each name is looked up in an index. The planner expects few open files, and would read all.
WITH ended_file AS MATERIALIZED (
  SELECT given.*, taken.id IS NOT NULL AS is_taken
  FROM unnest($2::bigint[], $3::int[], $4::text[]) AS given (file, attempt, target)
  CROSS JOIN LATERAL (
    SELECT FROM file JOIN task ON task.id = file.task
    WHERE file.id = given.file AND task.attempt = given.attempt AND task.state IN ('complete', 'failed', 'canceled')
      AND CASE WHEN file.archived_at IS NULL THEN true ELSE false END
    LIMIT 1
  ) AS ended
  LEFT JOIN LATERAL (
    SELECT id FROM file AS other
    WHERE other.bucket = $1 AND other.target_key = given.target AND other.archived_at IS NULL AND other.id <> given.file
    LIMIT 1
  ) AS taken ON true
), reserved_target AS (
  UPDATE file SET target_key = ended_file.target
  FROM ended_file
  WHERE file.id = ANY ($2::bigint[]) AND file.id = ended_file.file AND NOT is_taken
    AND CASE WHEN file.archived_at IS NULL THEN true ELSE false END
  RETURNING file.id
)
SELECT ended_file.file AS id, reserved_target.id IS NOT NULL AS is_reserved
FROM ended_file LEFT JOIN reserved_target ON reserved_target.id = ended_file.file
