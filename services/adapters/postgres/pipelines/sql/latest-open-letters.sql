-- The newest open dead letter of each declared pipeline.
SELECT pipeline, code, detail, died_at
FROM dead_letter
WHERE id IN (
  SELECT max(id) FROM dead_letter
  WHERE state = 'open' AND pipeline IN (SELECT name FROM pipeline)
  GROUP BY pipeline
)
