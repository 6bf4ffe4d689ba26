UPDATE dead_letter
SET redriven_at = now(), redriven_as = mark.outcome, discarded_at = NULL, discard_reason = NULL
FROM unnest($1::bigint[], $2::text[]) AS mark (id, outcome)
WHERE dead_letter.id = mark.id
