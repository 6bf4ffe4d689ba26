-- How many of the offsets of a partition have an outcome other than "stored", by outcome or by the code of the letter.
SELECT 'letter' AS kind, code AS name, count(*)::int AS count
FROM dead_letter
WHERE pipeline = $1 AND log_id = $2 AND partition = $3 AND record_offset = ANY ($4::bigint[]) AND state <> 'redriven'
GROUP BY code
UNION ALL
SELECT 'span', outcome, count(*)::int
FROM offset_span, unnest($4::bigint[]) AS record_offset
WHERE pipeline = $1 AND log_id = $2 AND partition = $3 AND first_offset <= $6 AND last_offset >= $5
  AND record_offset BETWEEN first_offset AND last_offset
GROUP BY outcome
ORDER BY 1, 2
