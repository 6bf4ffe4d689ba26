-- A file that was moved after an earlier attempt is moved again, and no longer counts as archived.
WITH file_before AS (
  SELECT id, pipeline, coalesce(ended_as, 'failed') AS state, archived_at FROM file WHERE id = $1 FOR UPDATE
), uncounted_file AS (
  UPDATE file_count SET count = count - 1 FROM file_before AS before
  WHERE file_count.pipeline = before.pipeline AND file_count.state = before.state AND before.archived_at IS NOT NULL
)
UPDATE file
SET sha256 = $2, lines = $3, rejected = $4, detail = $5,
    key = CASE WHEN file.archived_at IS NULL THEN key ELSE coalesce(target_key, key) END,
    processing_key = CASE WHEN file.archived_at IS NULL THEN processing_key END,
    target_key = CASE WHEN file.archived_at IS NULL THEN target_key END,
    archived_at = NULL
FROM file_before AS before
WHERE file.id = before.id
