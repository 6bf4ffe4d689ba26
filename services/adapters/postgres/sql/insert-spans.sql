INSERT INTO offset_span (log_id, partition, first_offset, last_offset, outcome)
SELECT $1, $2, span.first_offset, span.last_offset, $5
FROM unnest($3::bigint[], $4::bigint[]) AS span (first_offset, last_offset)
