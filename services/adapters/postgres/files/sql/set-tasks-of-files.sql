UPDATE file SET task = given.task
FROM unnest($1::bigint[], $2::bigint[]) AS given (file, task)
WHERE file.id = given.file
