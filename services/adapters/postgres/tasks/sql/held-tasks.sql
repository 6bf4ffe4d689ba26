-- For the CASE see end-attempts.sql.
SELECT task.id, task.cancel_requested_at IS NOT NULL AS is_cancel_requested
FROM task JOIN unnest($2::bigint[], $3::int[]) AS given (id, attempt) USING (id, attempt)
WHERE task.worker = $1 AND CASE task.state WHEN 'running' THEN true ELSE false END
