-- The readings, by UTC day of recorded_at. No default partition: it would hold up new days.
CREATE TABLE "{{table}}" (
  vin text NOT NULL,
  recorded_at timestamptz NOT NULL,
  sequence bigint NOT NULL,
  latitude double precision NOT NULL,
  longitude double precision NOT NULL,
  altitude double precision,
  speed double precision NOT NULL,
  heading double precision,
  make text,
  model text,
  metadata jsonb,
  received_at timestamptz NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (vin, recorded_at, sequence)
) PARTITION BY RANGE (recorded_at);

-- Days that retention dropped, with the rows they held.
CREATE TABLE retired_day (
  day date PRIMARY KEY,
  row_count bigint NOT NULL CHECK (row_count >= 0),
  retired_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE "{{table}}" IS 'Readings of the fleet; partitioned by UTC day of recorded_at';
COMMENT ON TABLE retired_day IS 'Days of readings that retention dropped, with the rows they held';
