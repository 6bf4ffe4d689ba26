SELECT log_id, partition, start_offset, next_offset, stored, updated, duplicate, dead_lettered, expired, without_record
FROM partition_ledger
WHERE pipeline = {{pipeline}}
ORDER BY log_id, partition
