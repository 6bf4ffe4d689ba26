UPDATE worker SET last_seen_at = clock_timestamp(), stopped_at = clock_timestamp(), draining = true
WHERE id = $1 AND stopped_at IS NULL
