UPDATE file SET size = $2, etag = $3, modified_at = $4 WHERE id = $1
