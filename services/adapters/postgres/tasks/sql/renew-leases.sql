-- Skips rows that are locked: their settlement ends now, or a user asks to cancel them.
UPDATE task
SET lease_until = clock_timestamp() + $5::float8 * interval '1 ms',
    progress = coalesce(given.progress, task.progress)
FROM unnest($2::bigint[], $3::int[], $4::float8[]) AS given (id, attempt, progress)
WHERE task.id = given.id AND task.worker = $1 AND task.attempt = given.attempt AND task.state = 'running'
  AND task.id = ANY (ARRAY(
    SELECT id FROM task WHERE id = ANY ($2::bigint[]) AND state = 'running'
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
  ))
