-- The id in the path differs from that of an earlier database, whose objects may be in the same bucket.
INSERT INTO task_output (task, pipeline, folder, key, rows, bytes, sha256, tables)
SELECT task, pipeline, folder, folder || '/' || task || '-' || installation.id || '.ndjson', rows, bytes, sha256, tables
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[], $7::jsonb[])
  AS given (task, pipeline, folder, rows, bytes, sha256, tables)
CROSS JOIN installation
