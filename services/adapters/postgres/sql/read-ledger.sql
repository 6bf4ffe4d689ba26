SELECT start_offset, next_offset, stored, duplicate, dead_lettered, expired, without_record, last_offset, last_appended_at
FROM partition_ledger
WHERE log_id = $1 AND partition = $2
