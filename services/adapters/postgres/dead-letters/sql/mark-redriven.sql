UPDATE dead_letter
SET redriven_at = now(), redriven_as = mark.outcome, discarded_at = NULL, discard_reason = NULL
FROM unnest($2::bigint[], $3::text[]) AS mark (id, outcome)
WHERE dead_letter.pipeline = $1 AND dead_letter.id = mark.id
