-- How many files of this name were moved or will be.
SELECT count(*) AS count FROM file WHERE bucket = $1 AND key = $2 AND target_key IS NOT NULL
