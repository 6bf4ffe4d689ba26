-- Files that no pipeline loads have no task.
DELETE FROM file WHERE bucket = $1 AND key = ANY ($2::text[]) AND task IS NULL AND archived_at IS NULL
