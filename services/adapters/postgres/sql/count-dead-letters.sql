-- How many match, by reason and state, and the last of them. A filter that is null lets everything through.
SELECT code, state, count(*) AS count, max(id) AS last_id
FROM dead_letter
WHERE ($1::text[] IS NULL OR code = ANY ($1))
  AND ($2::timestamptz IS NULL OR died_at >= $2)
  AND ($3::timestamptz IS NULL OR died_at < $3)
  AND state = ANY ($4::text[])
  AND ($5::bigint[] IS NULL OR id = ANY ($5))
GROUP BY code, state
ORDER BY count DESC, code, state
