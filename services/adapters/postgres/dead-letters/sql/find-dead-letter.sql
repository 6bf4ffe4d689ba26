SELECT id, {{letter-position}}, code, detail, record_key, record_value, record_headers,
  appended_at, died_at, state, redriven_at, redriven_as, discarded_at, discard_reason
FROM dead_letter
WHERE pipeline = $1 AND (id = $2 OR (log_id = $3 AND partition = $4 AND record_offset = $5)
  OR (task_id = $3 AND $4 = 0 AND line = $5))
