-- Makes the partition of a UTC day unless it is there; true when it was made.
-- CREATE + ATTACH, because CREATE ... PARTITION OF would wait for every insert under way.
-- Runs as the owner, so that the consumers need no right to create tables.
CREATE FUNCTION ensure_day(wanted date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  child text := '{{table}}_' || to_char(wanted, 'YYYYMMDD');
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('ensure_day'));
  IF EXISTS (
    SELECT FROM pg_inherits
    WHERE inhparent = '"{{table}}"'::regclass AND inhrelid = to_regclass(quote_ident(child))
  ) THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE "{{table}}" INCLUDING ALL)', child);
  EXECUTE format(
    'ALTER TABLE "{{table}}" ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    child,
    wanted::timestamp AT TIME ZONE 'UTC',
    (wanted + 1)::timestamp AT TIME ZONE 'UTC'
  );
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION ensure_day(date) FROM PUBLIC;
