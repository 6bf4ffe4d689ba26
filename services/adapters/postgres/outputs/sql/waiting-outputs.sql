-- Leases the oldest objects that wait, up to about $2 bytes, and at least one if there is any. Objects that another
-- worker is storing are left out. The array is computed only once.
WITH leased_output AS (
  UPDATE task_output SET leased_by = $3, leased_until = clock_timestamp() + $4::float8 * interval '1 ms'
  WHERE task = ANY (ARRAY(
    SELECT task FROM (
      SELECT task, sum(bytes) OVER (ORDER BY task) - bytes AS bytes_before
      FROM (
        SELECT task, bytes FROM task_output
        WHERE stored_at IS NULL AND task > $1 AND (leased_until IS NULL OR leased_until < clock_timestamp())
        ORDER BY task LIMIT 50 FOR UPDATE SKIP LOCKED
      ) AS oldest
    ) AS counted
    WHERE bytes_before < $2
  ))
  RETURNING task, key, bytes
)
SELECT task, key, bytes FROM leased_output ORDER BY task
