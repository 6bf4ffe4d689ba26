UPDATE dead_letter
SET discarded_at = now(), discard_reason = $3
WHERE pipeline = $1 AND id = ANY ($2::bigint[]) AND state = 'open'
