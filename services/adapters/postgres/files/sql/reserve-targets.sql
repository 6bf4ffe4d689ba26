-- The given names differ. A name that another file has is not reserved.
UPDATE file SET target_key = given.target
FROM unnest($2::bigint[], $3::text[]) AS given (file, target)
WHERE file.id = given.file AND NOT EXISTS (
  SELECT FROM file AS other
  WHERE other.bucket = $1 AND other.target_key = given.target AND other.archived_at IS NULL
    AND other.id <> given.file
)
RETURNING file.id
