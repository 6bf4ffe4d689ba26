INSERT INTO origin_position (pipeline, log_id, partition, origin_log_id, origin_partition, next_offset)
SELECT $1, $2, moved.*
FROM unnest($3::integer[], $4::integer[], $5::integer[], $6::bigint[])
  AS moved (partition, origin_log_id, origin_partition, next_offset)
ON CONFLICT (pipeline, log_id, partition, origin_log_id, origin_partition)
DO UPDATE SET next_offset = excluded.next_offset
