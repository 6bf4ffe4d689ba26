-- Inserts the rows of some arrays, one array a column. Applies the conflict rule if a key exists. Returns the offsets of
-- the written rows by outcome. Sorted by key, so that two transactions with the same keys do not block each other.
WITH inserted AS (
  INSERT INTO {{relation}} AS present ({{columns}})
  SELECT {{columns}}
  FROM unnest({{column-arrays}}) AS incoming ({{columns}})
  ORDER BY {{key}}
  ON CONFLICT ({{key}}) {{on-conflict}}
  RETURNING new._offset AS record_offset, {{outcome}} AS outcome
)
SELECT outcome, string_agg(record_offset::text, ',') AS offsets
FROM inserted
GROUP BY outcome
