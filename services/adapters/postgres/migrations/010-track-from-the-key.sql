-- The key carries what a track is made of: rows lie in the order in which they came, so that those of
-- one vehicle are each on another page, of which a day has as many as seconds.
-- Builds the index of every day anew, which takes some seconds for a million rows.
DO $$
DECLARE
  present text;
BEGIN
  SELECT conname INTO STRICT present
  FROM pg_constraint WHERE conrelid = '"{{table}}"'::regclass AND contype = 'p';
  EXECUTE format(
    'ALTER TABLE "{{table}}" DROP CONSTRAINT %I, ADD PRIMARY KEY (vin, recorded_at, sequence) INCLUDE (longitude, latitude, speed, heading)',
    present
  );
END
$$;

-- Only rows on pages that were vacuumed are read from the key alone: of a day they are never far behind.
DO $$
DECLARE
  child regclass;
BEGIN
  FOR child IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = '"{{table}}"'::regclass LOOP
    EXECUTE format('ALTER TABLE %s SET (autovacuum_vacuum_insert_scale_factor = 0.02)', child);
  END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION ensure_day(wanted date) RETURNS boolean
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
  EXECUTE format(
    'CREATE TABLE %I (LIKE "{{table}}" INCLUDING ALL) WITH (autovacuum_vacuum_insert_scale_factor = 0.02)',
    child
  );
  EXECUTE format(
    'ALTER TABLE "{{table}}" ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    child,
    wanted::timestamp AT TIME ZONE 'UTC',
    (wanted + 1)::timestamp AT TIME ZONE 'UTC'
  );
  RETURN true;
END
$$;
