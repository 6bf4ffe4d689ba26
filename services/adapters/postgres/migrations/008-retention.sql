-- A day goes in two steps, each safe to repeat and neither in the way of rows of other days.
-- First it is closed: from then on it takes no row, so that its rows can be counted without a lock.
-- The constraint is not validated: the rows that are there are left alone and stay readable.
-- True where the day is closed now, false where there is no such day.
CREATE FUNCTION close_day(old date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  child text := '{{table}}_' || to_char(old, 'YYYYMMDD');
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_inherits
    WHERE inhparent = '"{{table}}"'::regclass AND inhrelid = to_regclass(quote_ident(child))
  ) THEN
    RETURN false;
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = to_regclass(quote_ident(child)) AND conname = 'day_closed'
  ) THEN
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT day_closed CHECK (false) NOT VALID', child);
  END IF;
  RETURN true;
END
$$;

-- Then it is dropped, and its rows, which have been counted, go over into retired_day: in one
-- transaction, so that no reader sees them in neither or in both. The lock on the table of readings
-- is waited for but briefly, because whoever inserts waits behind us meanwhile.
-- A day that came back after it was dropped adds to the rows it had before.
CREATE FUNCTION drop_day(old date, counted bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  child text := '{{table}}_' || to_char(old, 'YYYYMMDD');
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('ensure_day'));
  IF NOT EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = to_regclass(quote_ident(child)) AND conname = 'day_closed'
  ) THEN
    RAISE EXCEPTION 'the day % is not closed', old;
  END IF;
  EXECUTE format('DROP TABLE %I', child);
  INSERT INTO retired_day AS present (day, row_count)
  VALUES (old, counted)
  ON CONFLICT (day) DO UPDATE
  SET row_count = present.row_count + excluded.row_count, retired_at = now();
END
$$;

REVOKE ALL ON FUNCTION close_day(date), drop_day(date, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION close_day(date), drop_day(date, bigint) TO telemetry_writer;
