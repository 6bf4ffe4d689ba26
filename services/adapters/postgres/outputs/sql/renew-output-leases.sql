UPDATE task_output SET leased_until = clock_timestamp() + $3::float8 * interval '1 ms'
WHERE task = ANY ($1::bigint[]) AND leased_by = $2 AND stored_at IS NULL
