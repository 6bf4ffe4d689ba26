DELETE FROM event_log
WHERE id = $1
  AND NOT EXISTS (SELECT FROM partition_ledger WHERE log_id = $1)
