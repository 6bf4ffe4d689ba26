UPDATE file SET archived_at = clock_timestamp(), detail = coalesce($2, detail) WHERE id = $1 AND archived_at IS NULL
