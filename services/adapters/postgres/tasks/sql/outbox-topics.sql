-- One index look-up a topic, however many messages wait.
WITH RECURSIVE topics AS (
  (SELECT topic FROM outbox ORDER BY topic LIMIT 1)
  UNION ALL
  SELECT (SELECT topic FROM outbox WHERE topic > topics.topic ORDER BY topic LIMIT 1)
  FROM topics WHERE topics.topic IS NOT NULL
)
SELECT topic FROM topics WHERE topic IS NOT NULL
