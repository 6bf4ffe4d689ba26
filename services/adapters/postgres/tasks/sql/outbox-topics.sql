-- One index look-up for each topic, regardless of the number of waiting messages.
WITH RECURSIVE first_of_key AS (
  (SELECT topic FROM outbox ORDER BY topic LIMIT 1)
  UNION ALL
  SELECT (SELECT topic FROM outbox WHERE topic > first_of_key.topic ORDER BY topic LIMIT 1)
  FROM first_of_key WHERE first_of_key.topic IS NOT NULL
)
SELECT topic FROM first_of_key WHERE topic IS NOT NULL
