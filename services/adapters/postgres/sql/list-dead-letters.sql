-- The newest that match. A filter that is null lets everything through.
SELECT id, log_id, partition, record_offset, code, detail, died_at, state
FROM dead_letter
WHERE ($1::text[] IS NULL OR code = ANY ($1))
  AND ($2::timestamptz IS NULL OR died_at >= $2)
  AND ($3::timestamptz IS NULL OR died_at < $3)
  AND state = ANY ($4::text[])
  AND ($5::bigint[] IS NULL OR id = ANY ($5))
ORDER BY id DESC
LIMIT $6
