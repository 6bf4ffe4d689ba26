-- The files that are not archived.
SELECT id, key, etag, task, processing_key FROM file WHERE bucket = $1 AND archived_at IS NULL
