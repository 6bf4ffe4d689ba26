-- What could not be stored, with its reason and its bytes. Marked when redriven or discarded, never deleted.
CREATE TABLE dead_letter (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  log_id integer NOT NULL REFERENCES event_log,
  partition integer NOT NULL,
  record_offset bigint NOT NULL,
  code text NOT NULL,
  detail text NOT NULL,
  record_key bytea,
  record_value bytea,
  record_headers json NOT NULL,
  died_at timestamptz NOT NULL DEFAULT now(),
  redriven_at timestamptz,
  discarded_at timestamptz,
  UNIQUE (log_id, partition, record_offset)
);

COMMENT ON TABLE dead_letter IS 'Records that could not become a row, and why';
COMMENT ON COLUMN dead_letter.code IS 'Reason to branch on, e.g. out-of-range, key-conflict';
COMMENT ON COLUMN dead_letter.record_headers IS 'Array of [name, value as base64]';
