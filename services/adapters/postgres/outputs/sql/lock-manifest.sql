SELECT pg_try_advisory_lock(hashtextextended('manifest ' || $1::text, 0)) AS held
