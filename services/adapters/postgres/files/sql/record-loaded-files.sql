-- Files that were loaded together. None of them was moved before. ANY and CASE: each file is looked up in an index.
-- The planner expects few open files, and would read all.
UPDATE file SET sha256 = given.sha256, lines = given.lines, rejected = given.rejected, detail = NULL
FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[]) AS given (file, sha256, lines, rejected)
WHERE file.id = ANY ($1::bigint[]) AND file.id = given.file
  AND CASE WHEN file.archived_at IS NULL THEN true ELSE false END
