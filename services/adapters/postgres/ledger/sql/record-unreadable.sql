INSERT INTO unreadable_offsets (pipeline, log_id, partition, first_offset, last_offset, reason)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (pipeline, log_id, partition) DO UPDATE
SET first_offset = excluded.first_offset,
    last_offset = excluded.last_offset,
    reason = excluded.reason,
    found_at = now()
