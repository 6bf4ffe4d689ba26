-- Which log offsets belong to: one life of the topic.
CREATE TABLE event_log (
  id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  cluster_id text NOT NULL,
  topic text NOT NULL,
  began_at timestamptz NOT NULL DEFAULT now(),
  reason text NOT NULL
);

-- What became of every offset, kept in the transaction that settles it.
CREATE TABLE partition_ledger (
  log_id integer NOT NULL REFERENCES event_log,
  partition integer NOT NULL CHECK (partition >= 0),
  start_offset bigint NOT NULL CHECK (start_offset >= 0),
  next_offset bigint NOT NULL CHECK (next_offset >= start_offset),
  stored bigint NOT NULL DEFAULT 0 CHECK (stored >= 0),
  duplicate bigint NOT NULL DEFAULT 0 CHECK (duplicate >= 0),
  dead_lettered bigint NOT NULL DEFAULT 0 CHECK (dead_lettered >= 0),
  expired bigint NOT NULL DEFAULT 0 CHECK (expired >= 0),
  without_record bigint NOT NULL DEFAULT 0 CHECK (without_record >= 0),
  PRIMARY KEY (log_id, partition)
) WITH (fillfactor = 50);

-- Offsets whose reading was not stored and is not a dead letter, as runs, so that a receipt can be answered.
CREATE TABLE offset_span (
  log_id integer NOT NULL,
  partition integer NOT NULL,
  first_offset bigint NOT NULL,
  last_offset bigint NOT NULL CHECK (last_offset >= first_offset),
  outcome text NOT NULL CHECK (outcome IN ('duplicate', 'expired')),
  PRIMARY KEY (log_id, partition, first_offset)
);

COMMENT ON TABLE event_log IS 'One life of the topic: what offsets belong to';
COMMENT ON TABLE partition_ledger IS 'Per log and partition: next_offset - start_offset = stored + duplicate + dead_lettered + expired + without_record';
COMMENT ON TABLE offset_span IS 'Runs of offsets that were duplicates, or expired in the log before they were read';
