-- Selects letters of a pipeline. A parameter that is null matches everything.
pipeline = $1
AND ($2::text[] IS NULL OR code = ANY ($2))
AND ($3::timestamptz IS NULL OR died_at >= $3)
AND ($4::timestamptz IS NULL OR died_at < $4)
AND state = ANY ($5::text[])
AND ($6::bigint[] IS NULL OR id = ANY ($6))
