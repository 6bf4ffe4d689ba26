-- Terminates sessions that have held one of these ledger rows for too long: otherwise a frozen consumer
-- would block its successor. The `xmax` of a locked row is the transaction of the holder.
-- A role can only see and terminate its own sessions.
SELECT pg_terminate_backend(holder.pid)
FROM partition_ledger AS held
JOIN pg_locks AS holder
  ON holder.locktype = 'transactionid' AND holder.transactionid = held.xmax AND holder.granted
JOIN pg_stat_activity AS session ON session.pid = holder.pid
WHERE held.pipeline = $1
  AND held.log_id = $2
  AND held.partition = ANY ($3::integer[])
  AND session.usename = current_user
  AND session.pid <> pg_backend_pid()
  AND session.xact_start < now() - make_interval(secs => $4)
