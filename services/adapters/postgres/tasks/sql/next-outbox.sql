-- The oldest messages, up to about so many bytes; at least one if there are any.
SELECT id, message_id, key, value
FROM (
  SELECT *, sum(octet_length(value)) OVER (ORDER BY id) - octet_length(value) AS bytes_before
  FROM (SELECT * FROM outbox WHERE topic = $1 ORDER BY id LIMIT 1000) AS oldest
) AS counted
WHERE bytes_before < $2
ORDER BY id
