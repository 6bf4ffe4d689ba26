UPDATE worker SET last_seen_at = clock_timestamp(), draining = $2 WHERE id = $1 AND stopped_at IS NULL
