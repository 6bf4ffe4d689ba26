-- What redriving and discarding write, and what judging a record again needs.
ALTER TABLE dead_letter
  ADD COLUMN appended_at timestamptz,
  ADD COLUMN redriven_as text CHECK (redriven_as IN ('stored', 'duplicate')),
  ADD COLUMN discard_reason text,
  ADD COLUMN state text NOT NULL GENERATED ALWAYS AS (
    CASE
      WHEN redriven_at IS NOT NULL THEN 'redriven'
      WHEN discarded_at IS NOT NULL THEN 'discarded'
      ELSE 'open'
    END
  ) STORED,
  ADD CHECK ((redriven_at IS NULL) = (redriven_as IS NULL)),
  ADD CHECK (redriven_at IS NULL OR discarded_at IS NULL);

COMMENT ON COLUMN dead_letter.appended_at IS 'When the broker appended the record: stands in for a missing received-at';
COMMENT ON COLUMN dead_letter.redriven_as IS 'stored: it added a row; duplicate: the row was there';
COMMENT ON COLUMN dead_letter.state IS 'open, redriven or discarded';
