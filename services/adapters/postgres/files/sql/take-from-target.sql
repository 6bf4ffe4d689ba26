-- Records that a file was moved after an earlier attempt, but not archived.
UPDATE file SET key = target_key, target_key = NULL, processing_key = NULL
WHERE id = $1 AND archived_at IS NULL AND target_key = $2
