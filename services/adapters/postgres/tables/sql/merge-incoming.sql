-- Inserts the first row of each key, or applies the conflict rule if the key exists. Returns the offsets that
-- added no row. Their outcome is null if they did not write the existing row either.
WITH first_of_key AS (
  SELECT DISTINCT ON ({{key}}) *
  FROM incoming
  ORDER BY {{key}}, record_offset
), inserted AS (
  INSERT INTO {{relation}} AS present ({{columns}})
  SELECT {{columns}}
  FROM first_of_key
  ON CONFLICT ({{key}}) {{on-conflict}}
  RETURNING {{key}}, {{outcome}} AS outcome
)
SELECT incoming.record_offset, written.outcome
FROM incoming
LEFT JOIN (first_of_key JOIN inserted USING ({{key}})) AS written USING (record_offset)
WHERE written.outcome IS DISTINCT FROM 'added'
ORDER BY incoming.record_offset
