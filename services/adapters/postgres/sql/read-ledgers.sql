SELECT log_id, partition, start_offset, next_offset, stored, duplicate, dead_lettered, expired, without_record
FROM partition_ledger
ORDER BY log_id, partition
