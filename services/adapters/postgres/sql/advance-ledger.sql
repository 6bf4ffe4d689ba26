UPDATE partition_ledger
SET next_offset = $3,
    stored = stored + $4,
    duplicate = duplicate + $5,
    dead_lettered = dead_lettered + $6,
    expired = expired + $7,
    without_record = without_record + $8
WHERE log_id = $1 AND partition = $2
