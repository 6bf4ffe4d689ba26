SELECT vin, revision, name, aliases, token_hash AS "tokenHash",
  (extract(epoch FROM created_at) * 1000000)::bigint AS "createdAt",
  (extract(epoch FROM changed_at) * 1000000)::bigint AS "changedAt", removed
FROM device
WHERE vin > $1
ORDER BY vin
LIMIT $2
