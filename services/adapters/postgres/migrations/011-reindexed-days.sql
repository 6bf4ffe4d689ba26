-- The index of a day grows by splits in the middle, as every vehicle adds behind its own readings: its
-- pages are half empty and lie in the order in which they were split. Built anew when the day is over
-- it takes little more than half of that, and a track is read from one end of it to the other.
CREATE TABLE reindexed_day (
  partition oid PRIMARY KEY,
  bytes bigint NOT NULL CHECK (bytes >= 0),
  reindexed_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE reindexed_day IS 'Days whose index was built anew after they were over';
COMMENT ON COLUMN reindexed_day.partition IS 'The day, as pg_class.oid of its partition';
COMMENT ON COLUMN reindexed_day.bytes IS 'Size of the index then';

GRANT SELECT ON reindexed_day TO telemetry_reader, telemetry_writer;
GRANT INSERT, UPDATE, DELETE ON reindexed_day TO telemetry_writer;

-- REINDEX CONCURRENTLY can't run inside a function with the owner's rights: the consumers need a right of their own, also to days to come.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT MAINTAIN ON TABLES TO telemetry_writer;
DO $$
DECLARE
  child regclass;
BEGIN
  FOR child IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = '"{{table}}"'::regclass LOOP
    EXECUTE format('GRANT MAINTAIN ON %s TO telemetry_writer', child);
  END LOOP;
END
$$;

-- Drops what a REINDEX that did not come to its end has left beside a day's own index, by the names that it
-- gives; what somebody else is building is his.
CREATE FUNCTION drop_unfinished_indexes(old date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  child regclass := to_regclass(quote_ident('{{table}}_' || to_char(old, 'YYYYMMDD')));
  unfinished regclass;
BEGIN
  FOR unfinished IN
    SELECT indexrelid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = child AND NOT indisvalid AND relname ~ '_cc(new|old)[0-9]*$'
  LOOP
    EXECUTE format('DROP INDEX %s', unfinished);
  END LOOP;
END
$$;

REVOKE ALL ON FUNCTION drop_unfinished_indexes(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_unfinished_indexes(date) TO telemetry_writer;
