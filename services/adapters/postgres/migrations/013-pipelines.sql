-- Several pipelines may read one topic: each has its ledgers, dead letters and checks. The default lets a
-- consumer of the previous version go on while it is replaced; all that it writes belongs to the readings.
-- The locks are taken in the order in which the statements of the services take them. A consumer that holds
-- one is waited for briefly (see migrate.ts), because all others wait behind this transaction meanwhile.
LOCK TABLE partition_ledger, offset_span, dead_letter, account_check IN ACCESS EXCLUSIVE MODE;

ALTER TABLE partition_ledger
  ADD COLUMN pipeline text NOT NULL DEFAULT 'readings',
  ADD COLUMN updated bigint NOT NULL DEFAULT 0 CHECK (updated >= 0),
  DROP CONSTRAINT partition_ledger_pkey,
  ADD PRIMARY KEY (pipeline, log_id, partition);

ALTER TABLE offset_span
  ADD COLUMN pipeline text NOT NULL DEFAULT 'readings',
  DROP CONSTRAINT offset_span_pkey,
  ADD PRIMARY KEY (pipeline, log_id, partition, first_offset),
  DROP CONSTRAINT offset_span_outcome_check,
  ADD CONSTRAINT offset_span_outcome_check
    CHECK (outcome IN ('duplicate', 'updated', 'superseded', 'expired'));

-- A dead letter belongs to a record (log, partition, offset) or to a line of a unit of work (task, line).
ALTER TABLE dead_letter
  ADD COLUMN pipeline text NOT NULL DEFAULT 'readings',
  ADD COLUMN task_id bigint,
  ADD COLUMN line bigint CHECK (line >= 0),
  ALTER COLUMN log_id DROP NOT NULL,
  ALTER COLUMN partition DROP NOT NULL,
  ALTER COLUMN record_offset DROP NOT NULL,
  ADD CONSTRAINT dead_letter_origin_check CHECK (
    CASE
      WHEN task_id IS NULL THEN line IS NULL AND num_nulls(log_id, partition, record_offset) = 0
      ELSE line IS NOT NULL AND num_nulls(log_id, partition, record_offset) = 3
    END
  ),
  DROP CONSTRAINT dead_letter_log_id_partition_record_offset_key,
  ADD CONSTRAINT dead_letter_record_key UNIQUE (pipeline, log_id, partition, record_offset),
  ADD CONSTRAINT dead_letter_line_key UNIQUE (pipeline, task_id, line),
  DROP CONSTRAINT dead_letter_redriven_as_check,
  ADD CONSTRAINT dead_letter_redriven_as_check
    CHECK (redriven_as IN ('stored', 'updated', 'superseded', 'duplicate'));

ALTER TABLE account_check
  ADD COLUMN pipeline text NOT NULL DEFAULT 'readings',
  DROP CONSTRAINT account_check_pkey,
  ADD PRIMARY KEY (pipeline, checked_at);

COMMENT ON TABLE partition_ledger IS 'Per pipeline, log and partition: next_offset - start_offset = stored + updated + duplicate + dead_lettered + expired + without_record';
COMMENT ON TABLE offset_span IS 'Runs of offsets that added no row: duplicates, records that changed a row or came after a newer one, and records that expired in the log before they were read';
COMMENT ON TABLE dead_letter IS 'Records and lines that could not become a row, and why';
COMMENT ON COLUMN partition_ledger.pipeline IS 'Name of the pipeline that has read the partition';
COMMENT ON COLUMN partition_ledger.updated IS 'Offsets whose record changed a row, or came after a newer record of the same key';
COMMENT ON COLUMN offset_span.pipeline IS 'Name of the pipeline that has read the offsets';
COMMENT ON COLUMN dead_letter.pipeline IS 'Name of the pipeline that could not store it';
COMMENT ON COLUMN dead_letter.task_id IS 'The unit of work that the line belongs to; null for a record of a topic';
COMMENT ON COLUMN dead_letter.line IS 'Number of the line within the unit of work; null for a record of a topic';
COMMENT ON COLUMN dead_letter.redriven_as IS 'stored: it added a row; updated: it changed one; superseded: a newer record had been stored; duplicate: the row was there';
COMMENT ON COLUMN account_check.pipeline IS 'Name of the pipeline whose account was checked';
