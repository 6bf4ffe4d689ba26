INSERT INTO partition_ledger (pipeline, log_id, partition, start_offset, next_offset)
VALUES ($1, $2, $3, $4, $4)
ON CONFLICT DO NOTHING
