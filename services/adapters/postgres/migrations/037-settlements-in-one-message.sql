-- A settlement is sent together with its COMMIT. Its statements fail if they did not change all rows that they must change.
CREATE FUNCTION require_rows(relation text, written bigint, expected bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF written <> expected THEN
    RAISE EXCEPTION 'The database wrote % of % rows of the table %. Check its triggers.', written, expected, relation
      USING ERRCODE = 'RR001';
  END IF;
END $$;
REVOKE EXECUTE ON FUNCTION require_rows(text, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION require_rows(text, bigint, bigint) TO telemetry_worker;
COMMENT ON FUNCTION require_rows(text, bigint, bigint) IS 'Fails with the SQLSTATE RR001 if a statement has not written all its rows';
