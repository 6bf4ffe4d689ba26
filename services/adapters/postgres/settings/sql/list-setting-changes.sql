SELECT pipeline, key, old_value, new_value, changed_at, changed_by
FROM setting_change
WHERE $1::text IS NULL OR (pipeline = $1 AND key = $2)
ORDER BY id DESC
LIMIT $3
