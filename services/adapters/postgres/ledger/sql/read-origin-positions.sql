SELECT partition, origin_log_id, origin_partition, next_offset
FROM origin_position
WHERE pipeline = $1
  AND log_id = $2
  AND partition = ANY ($3::integer[])
