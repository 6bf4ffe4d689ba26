-- The files that are in the bucket, as far as they are known.
SELECT id, key, etag, task FROM file WHERE bucket = $1 AND archived_at IS NULL
