-- Ends the sessions that settle a task although its lease has ended: those that hold its lock, or the lock of its worker.
WITH expired_task AS (
  SELECT id, worker FROM task
  WHERE state = 'running' AND lease_until < clock_timestamp() AND pipeline = ANY ($1::text[])
)
SELECT pg_terminate_backend(pid)
FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  -- Other locks can have any number: subtracting from it would overflow.
  AND ((classid::bigint << 32) | objid::bigint) IN (
    SELECT {{settlement-lock}} + id FROM expired_task
    UNION ALL SELECT {{worker-lock}} + worker FROM expired_task
  )
