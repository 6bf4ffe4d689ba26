-- Records what became of files that were moved. A file whose task was tried again meanwhile is not archived: it waits at
-- its new path, and is moved again when the task has ended. If it has a place for processing, its row stays as it is:
-- on S3 a move copies, so the new attempt may have moved the file there during the copy. The next attempt or move looks
-- at all its places.
WITH moved_file AS (
  SELECT moved.*, EXISTS (
    SELECT FROM file JOIN task ON task.id = file.task
    WHERE file.id = moved.file AND task.attempt = moved.attempt AND task.state IN ('complete', 'failed', 'canceled')
  ) AS has_ended
  FROM unnest($1::bigint[], $2::int[], $3::text[], $4::boolean[], $5::text[])
    AS moved (file, attempt, target, is_there, detail)
)
UPDATE file
SET archived_at = CASE WHEN has_ended THEN clock_timestamp() END,
    detail = CASE WHEN has_ended THEN coalesce(given.detail, file.detail) ELSE file.detail END,
    ended_as = CASE WHEN has_ended THEN (SELECT state FROM task WHERE task.id = file.task) END,
    target_key = CASE WHEN has_ended THEN file.target_key END,
    key = CASE WHEN has_ended OR NOT is_there THEN file.key ELSE given.target END,
    processing_key = CASE WHEN has_ended OR NOT is_there THEN file.processing_key END
FROM moved_file AS given
WHERE file.id = given.file AND file.archived_at IS NULL AND file.target_key = given.target
  AND (has_ended OR NOT is_there OR file.processing_key IS NULL)
