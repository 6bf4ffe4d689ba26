UPDATE task
SET state = 'complete', ended_at = clock_timestamp(), lease_until = NULL, rows = 0, code = NULL, detail = NULL
FROM unnest($1::bigint[], $2::int[]) AS given (id, attempt)
WHERE task.id = given.id AND task.attempt = given.attempt AND task.state = 'running'
