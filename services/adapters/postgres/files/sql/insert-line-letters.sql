INSERT INTO dead_letter (pipeline, task_id, line, code, detail, record_value, record_headers)
SELECT $1, $2, letter.*, '[]'::json
FROM unnest($3::bigint[], $4::text[], $5::text[], $6::bytea[]) AS letter
