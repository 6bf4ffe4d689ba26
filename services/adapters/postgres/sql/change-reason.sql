UPDATE dead_letter
SET code = mark.code, detail = mark.detail
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS mark (id, code, detail)
WHERE dead_letter.id = mark.id
  AND (dead_letter.code, dead_letter.detail) IS DISTINCT FROM (mark.code, mark.detail)
