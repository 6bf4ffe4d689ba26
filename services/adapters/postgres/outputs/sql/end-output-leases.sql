UPDATE task_output SET leased_by = NULL, leased_until = NULL
WHERE task = ANY ($1::bigint[]) AND leased_by = $2 AND stored_at IS NULL
