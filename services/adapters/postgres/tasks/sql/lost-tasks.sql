-- Running tasks whose worker has not extended the lease.
SELECT id, pipeline, unit, method, params, transaction_key, attempt,
       extract(epoch FROM run_after)::float8 * 1000 AS run_after_ms, extract(epoch FROM made_at)::float8 * 1000 AS made_at_ms,
       worker, attempt - uncounted_attempts AS counted
FROM task
WHERE state = 'running' AND lease_until < clock_timestamp() AND pipeline = ANY ($1::text[])
ORDER BY lease_until
LIMIT 200
FOR UPDATE SKIP LOCKED
