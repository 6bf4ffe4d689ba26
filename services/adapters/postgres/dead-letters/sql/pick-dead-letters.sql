-- The next matching letters, oldest first, as many as fit into one transaction: $9 letters or 4 MiB.
SELECT id
FROM (
  SELECT id, sum(coalesce(octet_length(record_value), 0)) OVER (ORDER BY id)
    - coalesce(octet_length(record_value), 0) AS bytes_before
  FROM dead_letter
  WHERE {{dead-letter-filter}}
    AND id > $7
    AND id <= $8
  ORDER BY id
  LIMIT $9
) AS next
WHERE bytes_before < 4 * 1024 * 1024
ORDER BY id
