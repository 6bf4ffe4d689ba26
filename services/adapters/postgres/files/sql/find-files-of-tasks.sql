-- The files of tasks that were not moved yet.
SELECT id, task, key AS place, size, etag, modified_at FROM file
WHERE task = ANY ($1::bigint[]) AND archived_at IS NULL AND processing_key IS NULL
