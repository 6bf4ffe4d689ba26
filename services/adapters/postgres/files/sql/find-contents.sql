-- Which of the given files have the content of a file that the pipeline has loaded before.
SELECT given.file
FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) AS given (file, size, sha256)
WHERE EXISTS (
  SELECT FROM file
  WHERE file.pipeline = $1 AND file.size = given.size AND file.sha256 = given.sha256 AND file.id <> given.file
)
