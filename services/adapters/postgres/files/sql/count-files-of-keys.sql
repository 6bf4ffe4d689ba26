-- How many files with these paths were moved, or have a reserved name for the move.
SELECT key, count(*) AS count FROM file
WHERE bucket = $1 AND key = ANY ($2::text[]) AND target_key IS NOT NULL
GROUP BY key
