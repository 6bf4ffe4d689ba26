UPDATE worker
SET total_processed = total_processed + $2, total_success = total_success + $3,
    last_processed_at = clock_timestamp(), last_seen_at = clock_timestamp()
WHERE id = $1
