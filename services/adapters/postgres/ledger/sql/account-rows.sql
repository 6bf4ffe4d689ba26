-- In one snapshot: the rows in the table, the stored rows according to the ledgers, and the redriven rows.
-- A redriven duplicate adds no row.
SELECT
  (SELECT count(*) FROM {{relation}}) AS rows,
  (SELECT coalesce(sum(stored), 0) FROM partition_ledger WHERE pipeline = $1)::bigint AS stored,
  (SELECT count(*) FROM dead_letter WHERE pipeline = $1 AND redriven_as = 'stored') AS redriven
