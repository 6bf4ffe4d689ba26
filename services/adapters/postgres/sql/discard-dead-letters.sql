UPDATE dead_letter
SET discarded_at = now(), discard_reason = $2
WHERE id = ANY ($1::bigint[]) AND state = 'open'
