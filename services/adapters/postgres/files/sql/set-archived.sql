-- A file whose task is tried again keeps the state of its latest end.
UPDATE file
SET archived_at = clock_timestamp(), detail = coalesce($2, detail),
    ended_as = (SELECT state FROM task WHERE task.id = file.task AND state IN ('complete', 'failed', 'canceled'))
WHERE id = $1 AND archived_at IS NULL
