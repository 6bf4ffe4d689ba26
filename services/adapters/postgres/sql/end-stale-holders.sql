-- Ends sessions of ours that have held this partition's ledger row for too long: a frozen consumer
-- would otherwise keep its successor waiting. Only the role's own sessions can be seen and ended.
SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE application_name = $1
  AND usename = current_user
  AND pid <> pg_backend_pid()
  AND xact_start < now() - make_interval(secs => $2)
