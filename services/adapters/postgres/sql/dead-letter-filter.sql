-- Which letters are meant; a part that is null lets everything through.
($1::text[] IS NULL OR code = ANY ($1))
AND ($2::timestamptz IS NULL OR died_at >= $2)
AND ($3::timestamptz IS NULL OR died_at < $3)
AND state = ANY ($4::text[])
AND ($5::bigint[] IS NULL OR id = ANY ($5))
