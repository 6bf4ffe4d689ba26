-- In one snapshot: rows that are there, rows that retention dropped, rows that the ledgers promise, rows put back (a redriven duplicate adds none).
SELECT
  (SELECT count(*) FROM "{{table}}") AS rows,
  (SELECT coalesce(sum(row_count), 0) FROM retired_day)::bigint AS rows_of_retired_days,
  (SELECT coalesce(sum(stored), 0) FROM partition_ledger)::bigint AS stored,
  (SELECT count(*) FROM dead_letter WHERE redriven_as = 'stored') AS redriven
