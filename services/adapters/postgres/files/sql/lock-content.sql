-- Two files with the same content are not loaded at the same time.
SELECT pg_advisory_xact_lock(hashtextextended('content ' || $1 || ' ' || encode($2::bytea, 'hex'), 0))
