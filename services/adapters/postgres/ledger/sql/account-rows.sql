-- In one snapshot: rows that are there, rows that the ledgers promise, rows put back (a redriven duplicate adds none).
SELECT
  (SELECT count(*) FROM "{{table}}") AS rows,
  (SELECT coalesce(sum(stored), 0) FROM partition_ledger WHERE pipeline = $1)::bigint AS stored,
  (SELECT count(*) FROM dead_letter WHERE pipeline = $1 AND redriven_as = 'stored') AS redriven
