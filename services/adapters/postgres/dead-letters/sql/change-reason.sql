UPDATE dead_letter
SET code = mark.code, detail = mark.detail
FROM unnest($2::bigint[], $3::text[], $4::text[]) AS mark (id, code, detail)
WHERE dead_letter.pipeline = $1 AND dead_letter.id = mark.id
  AND (dead_letter.code, dead_letter.detail) IS DISTINCT FROM (mark.code, mark.detail)
