-- The rows that added no row, with the error if the database refused them with one.
SELECT record_offset, outcome, sql_state, detail
FROM incoming_outcome
WHERE outcome IS DISTINCT FROM 'added'
ORDER BY record_offset
