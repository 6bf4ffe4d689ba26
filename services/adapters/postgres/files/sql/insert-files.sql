-- A file that is in the table already adds no row. Without a pipeline the files are unmatched. The others get the id of
-- the task that is made for them in the same transaction.
INSERT INTO file (bucket, key, size, etag, modified_at, content_type, detected_by, pipeline, detail, task)
SELECT $1, key, size, etag, modified_at, content_type, detected_by, $9::text, detail,
  CASE WHEN $9::text IS NOT NULL THEN nextval('task_id_seq') END
FROM unnest($2::text[], $3::bigint[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])
  WITH ORDINALITY AS given (key, size, etag, modified_at, content_type, detected_by, detail, position)
ORDER BY position
ON CONFLICT (bucket, key) WHERE archived_at IS NULL DO NOTHING
RETURNING id, key, task
