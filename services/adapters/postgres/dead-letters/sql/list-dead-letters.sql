-- The newest matching letters.
SELECT id, {{letter-position}}, code, detail, died_at, state
FROM dead_letter
WHERE {{dead-letter-filter}}
ORDER BY id DESC
LIMIT $7
