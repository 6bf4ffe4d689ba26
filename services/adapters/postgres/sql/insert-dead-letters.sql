INSERT INTO dead_letter (log_id, partition, record_offset, code, detail, record_key, record_value, record_headers, appended_at)
SELECT $1, $2, letter.*
FROM unnest($3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::json[], $9::timestamptz[]) AS letter
