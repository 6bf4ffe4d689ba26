-- Inserts all rows at once. If the database refuses a row or a trigger leaves one out, undoes the insert and
-- inserts each half separately, down to single rows. Records the rows that were not added.
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
  offsets bigint[] := ARRAY(SELECT record_offset FROM incoming ORDER BY record_offset);
  -- The parts that are still to be inserted, by their indexes in "offsets". The last one is next.
  firsts integer[] := ARRAY[1];
  lasts integer[] := ARRAY[cardinality(offsets)];
  part_first integer;
  part_last integer;
  middle integer;
  added bigint;
  error_state text;
  error_text text;
  error_constraint text;
  error_table text;
BEGIN
  WHILE cardinality(firsts) > 0 LOOP
    part_first := firsts[cardinality(firsts)];
    part_last := lasts[cardinality(lasts)];
    firsts := trim_array(firsts, 1);
    lasts := trim_array(lasts, 1);
    error_state := NULL;
    error_text := NULL;
    BEGIN
      INSERT INTO {{relation}} ({{columns}})
      SELECT {{columns}}
      FROM incoming
      WHERE record_offset BETWEEN offsets[part_first] AND offsets[part_last]
      ORDER BY record_offset;
      GET DIAGNOSTICS added = ROW_COUNT;
      CONTINUE WHEN added > part_last - part_first;
      -- A single row that was left out without an error keeps what its trigger has done.
      IF part_first < part_last THEN
        RAISE EXCEPTION 'rows were left out';
      END IF;
    EXCEPTION
      {{when-data-error}}
    END;
    IF part_first < part_last THEN
      middle := (part_first + part_last) / 2;
      firsts := firsts || ARRAY[middle + 1, part_first];
      lasts := lasts || ARRAY[part_last, middle];
    ELSE
      INSERT INTO incoming_outcome (record_offset, sql_state, detail)
      VALUES (offsets[part_first], error_state, error_text);
    END IF;
  END LOOP;
END
$$
