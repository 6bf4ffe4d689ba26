-- The rows that added no row, with the error if the database refused them with one.
SELECT record_offset, sql_state, detail
FROM incoming_outcome
WHERE NOT is_added
ORDER BY record_offset
