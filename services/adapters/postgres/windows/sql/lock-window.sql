-- Only one transaction at a time replaces a window of a table.
SELECT pg_advisory_xact_lock(hashtextextended($1, 721021))
