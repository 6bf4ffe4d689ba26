-- Held by each transaction in which the worker completes tasks together.
SELECT pg_advisory_xact_lock_shared({{worker-lock}} + $1::bigint)
