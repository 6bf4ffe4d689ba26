INSERT INTO dead_letter (pipeline, log_id, partition, record_offset, code, detail, record_key, record_value, record_headers, appended_at)
SELECT $1, $2, $3, letter.*
FROM unnest($4::bigint[], $5::text[], $6::text[], $7::bytea[], $8::bytea[], $9::json[], $10::timestamptz[]) AS letter
