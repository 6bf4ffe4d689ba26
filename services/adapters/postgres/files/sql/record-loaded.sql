-- A file that was moved after an earlier attempt is moved again.
UPDATE file
SET sha256 = $2, lines = $3, rejected = $4, detail = $5,
    key = CASE WHEN archived_at IS NULL THEN key ELSE coalesce(target_key, key) END,
    processing_key = CASE WHEN archived_at IS NULL THEN processing_key END,
    target_key = CASE WHEN archived_at IS NULL THEN target_key END,
    archived_at = NULL
WHERE id = $1
