-- Takes the locks of the given tasks, which are sorted.
SELECT count(pg_advisory_xact_lock({{settlement-lock}} + id)) FROM unnest($1::bigint[]) AS id
