INSERT INTO partition_ledger (pipeline, log_id, partition, start_offset, next_offset)
SELECT $1, $2, partition, start_offset, start_offset
FROM unnest($3::integer[], $4::bigint[]) AS begun (partition, start_offset)
