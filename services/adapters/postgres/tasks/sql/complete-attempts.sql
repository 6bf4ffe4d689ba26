-- The fence of end-attempts.sql, for attempts that are complete.
UPDATE task
SET state = 'complete', ended_at = clock_timestamp(), lease_until = NULL, rows = given.rows, code = NULL, detail = NULL
FROM unnest($2::bigint[], $3::int[], $4::bigint[]) AS given (id, attempt, rows)
WHERE task.id = given.id AND task.worker = $1 AND task.attempt = given.attempt
  AND CASE task.state WHEN 'running' THEN true ELSE false END
