-- Files with the same content are not loaded at the same time. All lock in the same order.
SELECT pg_advisory_xact_lock(hashtextextended('content ' || $1 || ' ' || hash, 0))
FROM (SELECT encode(sha256, 'hex') AS hash FROM unnest($2::bytea[]) AS sha256 ORDER BY hash) AS hashes
