-- Which of the given files have the content of a file that the pipeline has loaded before. LIMIT: each content is looked
-- up in the index. With a join, the planner may read all files of the pipeline.
SELECT given.file
FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) AS given (file, size, sha256)
CROSS JOIN LATERAL (
  SELECT FROM file
  WHERE file.pipeline = $1 AND file.size = given.size AND file.sha256 = given.sha256 AND file.id <> given.file
  LIMIT 1
) AS loaded
