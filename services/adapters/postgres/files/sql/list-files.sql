-- The newest first. Each parameter but the last may be null: then it does not restrict the list.
SELECT * FROM (
  SELECT {{file-columns}}
  FROM file LEFT JOIN task ON task.id = file.task
  WHERE ($1::text IS NULL OR file.pipeline = $1)
    AND ($3::bigint IS NULL OR file.id < $3)
    AND ($4::text IS NULL OR file.key = $4)
    AND ($5::bigint IS NULL OR file.id > $5)
) AS listed
WHERE ($2::text IS NULL OR state = $2)
ORDER BY id DESC
LIMIT $6
