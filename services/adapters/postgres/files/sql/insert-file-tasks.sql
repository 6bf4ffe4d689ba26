-- The tasks of new files. The rows of the files have their ids already.
INSERT INTO task (id, pipeline, unit, method, params)
SELECT id, $1, unit, $2, params
FROM unnest($3::bigint[], $4::text[], $5::text[]) AS given (id, unit, params)
ORDER BY id
