-- Ends sessions of ours that have held one of these ledger rows for too long: a frozen consumer would
-- otherwise keep its successor waiting. A row that is held names its holder's transaction in `xmax`.
-- Only the role's own sessions can be seen and ended.
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
