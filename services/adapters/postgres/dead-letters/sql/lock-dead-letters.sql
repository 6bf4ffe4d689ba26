-- Locked in the order of ids, so that two redrives cannot deadlock.
SELECT id, {{letter-position}}, code, detail, record_key, record_value, record_headers,
  appended_at, died_at, state, redriven_at, redriven_as, discarded_at, discard_reason
FROM dead_letter
WHERE pipeline = $1 AND id = ANY ($2::bigint[]) AND state = ANY ($3::text[])
ORDER BY id
FOR UPDATE
