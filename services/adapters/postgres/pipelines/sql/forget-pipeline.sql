-- Deletes all that a pipeline has recorded. Its table is dropped separately.
WITH
  ledgers AS (DELETE FROM partition_ledger WHERE pipeline = $1),
  spans AS (DELETE FROM offset_span WHERE pipeline = $1),
  letters AS (DELETE FROM dead_letter WHERE pipeline = $1),
  checks AS (DELETE FROM account_check WHERE pipeline = $1),
  damages AS (DELETE FROM unreadable_offsets WHERE pipeline = $1)
UPDATE pipeline SET declaration = NULL, fault = NULL, removed_rows = 0 WHERE name = $1
