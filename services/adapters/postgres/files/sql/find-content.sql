-- The first file of a pipeline with this content that was loaded.
SELECT id, key FROM file
WHERE pipeline = $1 AND size = $2 AND sha256 = $3 AND id <> $4
ORDER BY id
LIMIT 1
