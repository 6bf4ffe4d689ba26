-- Ends the sessions that settle a task although its lease has ended: exactly those that hold its lock.
SELECT pg_terminate_backend(pid)
FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((classid::bigint << 32) | objid::bigint) - ({{settlement-lock}}) IN (
    SELECT id FROM task
    WHERE state = 'running' AND lease_until < clock_timestamp() AND pipeline = ANY ($1::text[])
  )
