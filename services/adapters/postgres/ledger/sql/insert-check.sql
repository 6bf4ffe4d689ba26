INSERT INTO account_check (pipeline, row_count, rows_of_retired_days, stored, redriven, ledger_imbalance, seconds)
VALUES ($1, $2, $3, $4, $5, $6, $7)
