-- A unit that has a task already adds none.
INSERT INTO task (pipeline, unit, method, params, transaction_key, run_after)
SELECT $1, unit, method, params, transaction_key, coalesce(run_after, now())
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
  WITH ORDINALITY AS given (unit, method, params, transaction_key, run_after, position)
ORDER BY position
ON CONFLICT (pipeline, unit) DO NOTHING
RETURNING id, unit
