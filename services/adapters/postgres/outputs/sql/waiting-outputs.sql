-- The oldest objects that wait, up to about $2 bytes, and at least one if there is any. Objects that another worker
-- is storing are left out.
SELECT task, key, bytes FROM (
  SELECT task, key, bytes, sum(bytes) OVER (ORDER BY task) - bytes AS bytes_before
  FROM (
    SELECT task, key, bytes FROM task_output
    WHERE stored_at IS NULL AND task > $1
    ORDER BY task LIMIT 50 FOR UPDATE SKIP LOCKED
  ) AS oldest
) AS counted
WHERE bytes_before < $2
ORDER BY task
