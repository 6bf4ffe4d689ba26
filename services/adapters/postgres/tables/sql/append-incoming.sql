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
    -- The names of the data error classes 21, 22, 23, 27, 44, 54 and P0. Any other error is an outage.
    EXCEPTION
      WHEN cardinality_violation OR data_exception OR integrity_constraint_violation
        OR triggered_data_change_violation OR with_check_option_violation
        OR program_limit_exceeded OR plpgsql_error THEN
        GET STACKED DIAGNOSTICS
          error_state = RETURNED_SQLSTATE,
          error_text = MESSAGE_TEXT,
          error_constraint = CONSTRAINT_NAME,
          error_table = TABLE_NAME;
        -- An index that is being rebuilt, and a missing partition: a retry of the transaction helps.
        IF (error_state = '23505' AND error_constraint ~ '_cc(new|old)\d*$')
          OR (error_state = '23514' AND error_constraint = '' AND error_table = '{{table}}') THEN
          RAISE;
        END IF;
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
