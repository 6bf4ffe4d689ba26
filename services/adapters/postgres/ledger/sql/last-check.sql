SELECT
  checked_at,
  extract(epoch FROM now() - checked_at)::double precision AS age_seconds,
  row_imbalance,
  ledger_imbalance,
  seconds
FROM account_check
WHERE pipeline = {{pipeline}}
ORDER BY checked_at DESC
LIMIT 1
