INSERT INTO task_output_part (task, part, content)
SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bytea[])
