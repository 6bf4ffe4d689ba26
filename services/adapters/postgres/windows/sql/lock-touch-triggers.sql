-- Triggers that one worker needs are not removed by another one at the same time.
SELECT pg_advisory_xact_lock(hashtextextended('touch triggers', 721021))
