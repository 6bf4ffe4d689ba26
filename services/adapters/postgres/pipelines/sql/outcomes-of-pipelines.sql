-- What became of the records of each pipeline, by the ledgers of all logs, and the open dead letters.
SELECT
  pipeline,
  sum(next_offset - start_offset)::int8 AS settled,
  sum(stored)::int8 AS stored,
  sum(updated)::int8 AS updated,
  sum(duplicate)::int8 AS duplicate,
  sum(dead_lettered)::int8 AS dead_lettered,
  (
    SELECT count(*) FROM dead_letter
    WHERE dead_letter.pipeline = partition_ledger.pipeline AND state = 'open'
  ) AS open_letters
FROM partition_ledger
GROUP BY pipeline
