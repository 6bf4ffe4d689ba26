-- The files that are not archived.
SELECT id, key, etag, task FROM file WHERE bucket = $1 AND archived_at IS NULL
