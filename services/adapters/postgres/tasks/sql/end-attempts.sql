-- The fence: changes only tasks that this attempt of this worker still holds. With `task.state = 'running'` the planner
-- would read all running tasks for each given one, because the statistics say that few tasks run. It has no
-- statistics for the CASE, and looks for the given ids.
UPDATE task
SET state = CASE WHEN given.state = 'queued' AND cancel_requested_at IS NOT NULL THEN 'canceled' ELSE given.state END,
    ended_at = CASE WHEN given.state <> 'queued' OR cancel_requested_at IS NOT NULL THEN clock_timestamp() END,
    uncounted_attempts = uncounted_attempts + CASE WHEN given.is_counted THEN 0 ELSE 1 END,
    run_after = CASE WHEN given.state = 'queued' AND given.is_counted
                     THEN clock_timestamp() + given.delay_ms * interval '1 ms' ELSE run_after END,
    lease_until = NULL, rows = given.rows, code = given.code, detail = given.detail
FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::text[], $5::boolean[], $6::float8[], $7::bigint[], $8::text[], $9::text[])
  AS given (id, worker, attempt, state, is_counted, delay_ms, rows, code, detail)
WHERE task.id = given.id AND task.worker = given.worker AND task.attempt = given.attempt
  AND CASE task.state WHEN 'running' THEN true ELSE false END
RETURNING task.id, task.state
