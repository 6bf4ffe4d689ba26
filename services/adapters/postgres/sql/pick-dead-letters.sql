-- The next that match, oldest first, as many as fit into one transaction: $8 of them, or 4 MiB.
SELECT id
FROM (
  SELECT id, sum(coalesce(octet_length(record_value), 0)) OVER (ORDER BY id)
    - coalesce(octet_length(record_value), 0) AS bytes_before
  FROM dead_letter
  WHERE {{dead-letter-filter}}
    AND id > $6
    AND id <= $7
  ORDER BY id
  LIMIT $8
) AS next
WHERE bytes_before < 4 * 1024 * 1024
ORDER BY id
