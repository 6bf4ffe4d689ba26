UPDATE file SET processing_key = $3
WHERE id = $1 AND NOT EXISTS (
  SELECT FROM file AS other
  WHERE other.bucket = $2 AND other.processing_key = $3 AND other.archived_at IS NULL AND other.id <> $1
)
