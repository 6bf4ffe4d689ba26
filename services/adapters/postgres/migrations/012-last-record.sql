-- A log that has lost its tail may grow past the ledger again before anybody looks: by its offsets alone it
-- can't be told from the one that the ledger speaks of, by the last record that was settled it can.
ALTER TABLE partition_ledger
  ADD COLUMN last_offset bigint,
  ADD COLUMN last_appended_at bigint;

COMMENT ON COLUMN partition_ledger.last_offset IS 'Offset of the last record that was settled; what lies between it and next_offset held no record, or expired';
COMMENT ON COLUMN partition_ledger.last_appended_at IS 'When Kafka appended it, in microseconds since the Unix epoch';
