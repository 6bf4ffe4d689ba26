-- A file whose task is tried again keeps the state of its latest end.
UPDATE file
SET archived_at = clock_timestamp(), detail = coalesce(given.detail, file.detail),
    ended_as = (SELECT state FROM task WHERE task.id = file.task AND state IN ('complete', 'failed', 'canceled'))
FROM unnest($1::bigint[], $2::text[]) AS given (file, detail)
WHERE file.id = given.file AND file.archived_at IS NULL
