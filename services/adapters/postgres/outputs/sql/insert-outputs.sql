INSERT INTO task_output (task, pipeline, folder, rows, bytes, sha256, tables)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[], $7::jsonb[])
