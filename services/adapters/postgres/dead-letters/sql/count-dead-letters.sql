-- Counts the matching letters by reason and state, with the highest id.
SELECT code, state, count(*) AS count, max(id) AS last_id
FROM dead_letter
WHERE {{dead-letter-filter}}
GROUP BY code, state
ORDER BY count DESC, code, state
