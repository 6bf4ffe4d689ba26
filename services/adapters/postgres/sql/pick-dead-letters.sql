-- The next that match, oldest first, as many as fit into one transaction: $8 of them, or 4 MiB.
SELECT id
FROM (
  SELECT id, sum(coalesce(octet_length(record_value), 0)) OVER (ORDER BY id)
    - coalesce(octet_length(record_value), 0) AS bytes_before
  FROM dead_letter
  WHERE ($1::text[] IS NULL OR code = ANY ($1))
    AND ($2::timestamptz IS NULL OR died_at >= $2)
    AND ($3::timestamptz IS NULL OR died_at < $3)
    AND state = ANY ($4::text[])
    AND ($5::bigint[] IS NULL OR id = ANY ($5))
    AND id > $6
    AND id <= $7
  ORDER BY id
  LIMIT $8
) AS next
WHERE bytes_before < 4 * 1024 * 1024
ORDER BY id
