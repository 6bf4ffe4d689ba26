INSERT INTO partition_ledger (log_id, partition, start_offset, next_offset)
VALUES ($1, $2, $3, $3)
ON CONFLICT DO NOTHING
