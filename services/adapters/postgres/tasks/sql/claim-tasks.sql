-- Takes the queued tasks that are due first, at most so many a pipeline, and with parameters of about 2 MiB; at
-- least one if there are any. The array is computed only once. The methods of a pipeline are a JSON array; NULL: all.
-- With methods, the first tasks of each are found by an index: tasks of other methods may be in front of them.
UPDATE task
SET state = 'running', worker = $1, attempt = attempt + 1, progress = NULL, rows = NULL,
    started_at = clock_timestamp(), lease_until = clock_timestamp() + $4::float8 * interval '1 ms'
WHERE id = ANY (ARRAY(
  SELECT due.id
  FROM unnest($2::text[], $3::int[], $5::text[]) AS wanted (pipeline, most, methods)
  CROSS JOIN LATERAL (
    SELECT id
    FROM (
      SELECT id, sum(bytes) OVER (ORDER BY run_after, id ROWS UNBOUNDED PRECEDING) - bytes AS bytes_before
      FROM (
        SELECT id, run_after, bytes FROM (
          SELECT * FROM (
            SELECT id, run_after, octet_length(params) AS bytes FROM task
            WHERE wanted.methods IS NULL
              AND task.pipeline = wanted.pipeline AND state = 'queued' AND run_after <= now()
            ORDER BY run_after, id
            LIMIT wanted.most
            FOR UPDATE SKIP LOCKED
          ) AS of_all
          UNION ALL
          SELECT of_one.*
          FROM jsonb_array_elements_text(wanted.methods::jsonb) AS known (method)
          CROSS JOIN LATERAL (
            SELECT id, run_after, octet_length(params) AS bytes FROM task
            WHERE task.pipeline = wanted.pipeline AND task.method = known.method
              AND state = 'queued' AND run_after <= now()
            ORDER BY run_after, id
            LIMIT wanted.most
            FOR UPDATE SKIP LOCKED
          ) AS of_one
        ) AS locked
        ORDER BY run_after, id
        LIMIT wanted.most
      ) AS first
    ) AS counted
    WHERE bytes_before < 2097152
  ) AS due
))
RETURNING id, pipeline, unit, method, params, transaction_key, attempt,
          date_part('epoch', run_after) * 1000 AS run_after_ms, date_part('epoch', made_at) * 1000 AS made_at_ms
