SELECT start_offset, next_offset, stored, updated, duplicate, dead_lettered, expired, without_record, last_offset, last_appended_at
FROM partition_ledger
WHERE pipeline = $1 AND log_id = $2 AND partition = $3
