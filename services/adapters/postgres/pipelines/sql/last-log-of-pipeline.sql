SELECT max(log_id) AS id FROM partition_ledger WHERE pipeline = $1
