-- The fence of end-attempts.sql, for attempts that are all complete. It fails if one of the tasks is not held.
WITH ended_task AS (
  UPDATE task
  SET state = 'complete', ended_at = clock_timestamp(), lease_until = NULL, rows = given.rows, code = NULL, detail = NULL
  FROM unnest($2::bigint[], $3::int[], $4::bigint[]) AS given (id, attempt, rows)
  WHERE task.id = given.id AND task.worker = $1 AND task.attempt = given.attempt
    AND CASE task.state WHEN 'running' THEN true ELSE false END
  RETURNING 1
), counted_worker AS (
  UPDATE worker
  SET total_processed = total_processed + $5, total_success = total_success + $5,
      last_processed_at = clock_timestamp(), last_seen_at = clock_timestamp()
  WHERE id = $1
)
SELECT require_rows('task', count(*), $5) FROM ended_task
