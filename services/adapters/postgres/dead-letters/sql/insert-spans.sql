INSERT INTO offset_span (pipeline, log_id, partition, first_offset, last_offset, outcome)
SELECT $1, $2, $3, span.first_offset, span.last_offset, $6
FROM unnest($4::bigint[], $5::bigint[]) AS span (first_offset, last_offset)
