-- The attempts that this worker runs, and those that are settled although it may not know it: the answer to a COMMIT
-- can be lost, and a later run of a window settles the earlier ones. One that was taken back is not settled by this
-- worker. For the CASE see end-attempts.sql.
SELECT task.id, task.cancel_requested_at IS NOT NULL AS is_cancel_requested, task.state <> 'running' AS is_settled
FROM task JOIN unnest($2::bigint[], $3::int[]) AS given (id, attempt) USING (id, attempt)
WHERE task.worker = $1
  AND CASE task.state WHEN 'running' THEN true WHEN 'queued' THEN false ELSE task.code IS DISTINCT FROM 'worker-lost' END
