-- Files that were loaded together. None of them was moved before.
UPDATE file SET sha256 = given.sha256, lines = given.lines, rejected = given.rejected, detail = NULL
FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[]) AS given (file, sha256, lines, rejected)
WHERE file.id = given.file AND file.archived_at IS NULL
