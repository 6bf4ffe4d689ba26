-- Only if the latest ledgers of the pipeline are of the log after which the other one was found: another
-- worker may have been late, and a user may have decided already.
UPDATE pipeline SET paused = true, pause_reason = $3, needs_decision = true
WHERE name = $1
  AND NOT paused
  AND $2 = (SELECT max(log_id) FROM partition_ledger WHERE pipeline = $1)
