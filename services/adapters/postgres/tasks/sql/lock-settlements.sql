-- Locks all given tasks. Returns only those that the worker does not hold, or whose attempt is not the first one
-- that counts. OFFSET 0: the condition is applied after all locks are taken.
SELECT id, state, is_mine, counted
FROM (
  SELECT given.id, task.state,
         task.worker = $1 AND task.attempt = given.attempt
           AND (task.state = 'running' OR task.code IS DISTINCT FROM 'worker-lost') AS is_mine,
         task.attempt - task.uncounted_attempts AS counted,
         pg_advisory_xact_lock({{settlement-lock}} + given.id)
  FROM unnest($2::bigint[], $3::int[]) AS given (id, attempt) LEFT JOIN task USING (id)
  OFFSET 0
) AS settled
WHERE is_mine IS NOT TRUE OR state <> 'running' OR counted <> 1
