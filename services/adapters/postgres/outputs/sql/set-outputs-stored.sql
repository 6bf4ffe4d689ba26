WITH gone AS (DELETE FROM task_output_part WHERE task = ANY ($1::bigint[]))
UPDATE task_output SET stored_at = clock_timestamp(), leased_by = NULL, leased_until = NULL
WHERE task = ANY ($1::bigint[]) AND stored_at IS NULL
