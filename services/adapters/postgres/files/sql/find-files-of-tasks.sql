-- The files of tasks that are in the inbox, and for which no move has begun. CASE: without it the planner may read
-- all open files.
SELECT id, task, key AS place, size, etag, modified_at FROM file
WHERE task = ANY ($1::bigint[])
  AND CASE WHEN archived_at IS NULL AND processing_key IS NULL AND target_key IS NULL THEN true ELSE false END
