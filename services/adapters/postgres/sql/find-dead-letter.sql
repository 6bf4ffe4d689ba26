SELECT id, log_id, partition, record_offset, code, detail, record_key, record_value, record_headers,
  appended_at, died_at, state, redriven_at, redriven_as, discarded_at, discard_reason
FROM dead_letter
WHERE id = $1 OR (log_id = $2 AND partition = $3 AND record_offset = $4)
