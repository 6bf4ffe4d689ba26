WITH gone AS (DELETE FROM task_output_part WHERE task = ANY ($1::bigint[]))
UPDATE task_output SET stored_at = clock_timestamp() WHERE task = ANY ($1::bigint[])
