-- A task that is tried again after its file was moved finds it where it is now. While a move is not recorded as
-- complete, the file may be in both places.
SELECT id, bucket, CASE WHEN archived_at IS NULL THEN key ELSE coalesce(target_key, key) END AS place, size, etag,
  modified_at, content_type, sha256, archived_at IS NOT NULL AS is_archived,
  CASE WHEN archived_at IS NULL THEN processing_key END AS processing_key,
  CASE WHEN archived_at IS NULL THEN target_key END AS target_key
FROM file WHERE task = $1
