-- Records what became of files that were moved. A file whose task was tried again meanwhile is not archived: it waits at
-- its new path, and is moved again when the task has ended. If it has a place for processing, its row stays as it is:
-- on S3 a move copies, so the new attempt may have moved the file there during the copy. The next attempt or move looks
-- at all its places.
-- MATERIALIZED: the state of each task is read once. ANY, LIMIT and CASE: each file is looked up
-- in an index. The planner expects few open files, and would read all.
WITH moved_file AS MATERIALIZED (
  SELECT moved.*, ended.state
  FROM unnest($1::bigint[], $2::int[], $3::text[], $4::boolean[], $5::text[])
    AS moved (file, attempt, target, is_there, detail)
  LEFT JOIN LATERAL (
    SELECT task.state FROM file JOIN task ON task.id = file.task
    WHERE file.id = moved.file AND task.attempt = moved.attempt AND task.state IN ('complete', 'failed', 'canceled')
    LIMIT 1
  ) AS ended ON true
)
UPDATE file
SET archived_at = CASE WHEN given.state IS NOT NULL THEN clock_timestamp() END,
    detail = CASE WHEN given.state IS NOT NULL THEN coalesce(given.detail, file.detail) ELSE file.detail END,
    ended_as = given.state,
    target_key = CASE WHEN given.state IS NOT NULL THEN file.target_key END,
    key = CASE WHEN given.state IS NOT NULL OR NOT is_there THEN file.key ELSE given.target END,
    processing_key = CASE WHEN given.state IS NOT NULL OR NOT is_there THEN file.processing_key END
FROM moved_file AS given
WHERE file.id = ANY ($1::bigint[]) AND file.id = given.file
  AND CASE WHEN file.archived_at IS NULL THEN true ELSE false END
  AND file.target_key = given.target
  AND (given.state IS NOT NULL OR NOT is_there OR file.processing_key IS NULL)
