-- Inserts the rows of each vehicle (the first column of the key) separately. If the database refuses a row of
-- a vehicle, inserts the rows of this vehicle one by one. Records what became of each row.
CREATE TEMPORARY TABLE incoming_outcome (
  record_offset bigint PRIMARY KEY,
  outcome text,
  sql_state text,
  detail text
) ON COMMIT DROP;
CREATE UNIQUE INDEX ON incoming (record_offset);
ANALYZE incoming;
-- A deferred constraint trigger would raise its error at the commit.
SET CONSTRAINTS ALL IMMEDIATE;

DO $$
DECLARE
  one_by_one boolean;
  piece record;
  error_state text;
  error_text text;
  error_constraint text;
  error_table text;
BEGIN
  FOREACH one_by_one IN ARRAY ARRAY[false, true] LOOP
    FOR piece IN
      SELECT array_agg(record_offset) AS offsets
      FROM incoming
      WHERE NOT EXISTS (
        SELECT FROM incoming_outcome AS known WHERE known.record_offset = incoming.record_offset
      )
      GROUP BY {{first-key}}, CASE WHEN one_by_one THEN record_offset END
      ORDER BY min(record_offset)
    LOOP
      BEGIN
        WITH first_of_key AS (
          SELECT DISTINCT ON ({{key}}) *
          FROM incoming
          WHERE record_offset = ANY (piece.offsets)
          ORDER BY {{key}}, record_offset
        ), inserted AS (
          INSERT INTO {{relation}} AS present ({{columns}})
          SELECT {{columns}}
          FROM first_of_key
          ON CONFLICT ({{key}}) {{on-conflict}}
          RETURNING {{key}}, {{outcome}} AS outcome
        )
        INSERT INTO incoming_outcome (record_offset, outcome)
        SELECT record_offset, written.outcome
        FROM unnest(piece.offsets) AS one (record_offset)
        LEFT JOIN (first_of_key JOIN inserted USING ({{key}})) AS written USING (record_offset);
      EXCEPTION
        {{when-data-error}}
          IF one_by_one THEN
            INSERT INTO incoming_outcome VALUES (piece.offsets[1], NULL, error_state, error_text);
          END IF;
      END;
    END LOOP;
  END LOOP;
END
$$
