INSERT INTO dead_letter (pipeline, log_id, partition, record_offset, code, detail, record_headers)
SELECT $1, $2, $3, skipped.record_offset, $6, $7, '[]'
FROM generate_series($4::bigint, $5::bigint) AS skipped (record_offset)
