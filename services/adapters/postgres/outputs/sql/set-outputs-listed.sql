UPDATE task_output SET listed_at = clock_timestamp() WHERE task = ANY ($1::bigint[]) AND listed_at IS NULL
