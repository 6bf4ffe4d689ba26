-- Inserts the first row of each key unless the key exists. Returns the offsets that added no row.
WITH first_of_key AS (
  SELECT DISTINCT ON ({{key}}) *
  FROM incoming
  ORDER BY {{key}}, record_offset
), inserted AS (
  INSERT INTO "{{table}}" ({{columns}})
  SELECT {{columns}}
  FROM first_of_key
  ON CONFLICT ({{key}}) DO NOTHING
  RETURNING {{key}}
)
SELECT incoming.record_offset
FROM incoming
WHERE NOT EXISTS (
  SELECT
  FROM first_of_key
  JOIN inserted USING ({{key}})
  WHERE first_of_key.record_offset = incoming.record_offset
)
ORDER BY incoming.record_offset
