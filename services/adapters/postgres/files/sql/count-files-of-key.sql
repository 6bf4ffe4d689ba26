-- How many files with this path were moved, or have a reserved name for the move.
SELECT count(*) AS count FROM file WHERE bucket = $1 AND key = $2 AND target_key IS NOT NULL
