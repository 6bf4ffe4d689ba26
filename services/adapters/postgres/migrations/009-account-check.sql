-- What the check of the account against the rows themselves has found, each time.
CREATE TABLE account_check (
  checked_at timestamptz PRIMARY KEY DEFAULT now(),
  row_count bigint NOT NULL,
  rows_of_retired_days bigint NOT NULL,
  stored bigint NOT NULL,
  redriven bigint NOT NULL,
  row_imbalance bigint NOT NULL GENERATED ALWAYS AS
    (row_count + rows_of_retired_days - stored - redriven) STORED,
  ledger_imbalance bigint NOT NULL,
  seconds double precision NOT NULL
);

GRANT SELECT ON account_check TO telemetry_reader, telemetry_writer;
GRANT INSERT ON account_check TO telemetry_writer;

COMMENT ON TABLE account_check IS 'Checks of the account against the rows themselves; both imbalances are 0, or an alarm';
COMMENT ON COLUMN account_check.row_imbalance IS 'Rows that are there and should not be (> 0), or should be and are not (< 0)';
COMMENT ON COLUMN account_check.ledger_imbalance IS 'Offsets that the ledgers have passed without saying what became of them, of all partitions';
COMMENT ON COLUMN account_check.seconds IS 'How long the check took';
