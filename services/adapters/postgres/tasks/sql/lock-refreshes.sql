-- Tasks that replace the content of the same table do it one after the other. The names are sorted.
SELECT pg_advisory_xact_lock(hashtextextended('refresh of ' || name, 0)) FROM unnest($1::text[]) AS name
