SELECT pg_advisory_unlock(hashtextextended('manifest ' || $1::text, 0))
