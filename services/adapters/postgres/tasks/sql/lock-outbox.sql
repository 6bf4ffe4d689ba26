SELECT pg_try_advisory_xact_lock(hashtextextended('outbox of ' || $1::text, 0)) AS held
