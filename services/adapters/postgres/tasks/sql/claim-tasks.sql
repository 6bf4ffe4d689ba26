-- Takes the queued tasks that are due first, at most so many a pipeline. The array is computed only once.
UPDATE task
SET state = 'running', worker = $1, attempt = attempt + 1, progress = NULL, rows = NULL,
    started_at = clock_timestamp(), lease_until = clock_timestamp() + $4::float8 * interval '1 ms'
WHERE id = ANY (ARRAY(
  SELECT due.id
  FROM unnest($2::text[], $3::int[]) AS wanted (pipeline, most)
  CROSS JOIN LATERAL (
    SELECT id FROM task
    WHERE task.pipeline = wanted.pipeline AND state = 'queued' AND run_after <= now()
    ORDER BY run_after, id
    LIMIT wanted.most
    FOR UPDATE SKIP LOCKED
  ) AS due
))
RETURNING id, pipeline, unit, method, params, transaction_key, attempt, run_after, made_at
