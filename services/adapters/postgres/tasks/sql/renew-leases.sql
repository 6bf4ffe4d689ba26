-- Skips rows that are locked: their settlement ends now, or a user asks to cancel them. For the CASE see
-- end-attempts.sql.
UPDATE task
SET lease_until = clock_timestamp() + $5::float8 * interval '1 ms',
    progress = coalesce(given.progress, task.progress)
FROM unnest($2::bigint[], $3::int[], $4::float8[]) AS given (id, attempt, progress)
WHERE task.id = given.id AND task.worker = $1 AND task.attempt = given.attempt
  AND CASE task.state WHEN 'running' THEN true ELSE false END
  AND task.id = ANY (ARRAY(
    SELECT id FROM task WHERE id = ANY ($2::bigint[]) AND CASE task.state WHEN 'running' THEN true ELSE false END
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
  ))
