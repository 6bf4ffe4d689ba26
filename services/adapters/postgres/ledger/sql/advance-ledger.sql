UPDATE partition_ledger
SET next_offset = moved.next_offset,
    stored = partition_ledger.stored + moved.stored,
    updated = partition_ledger.updated + moved.updated,
    duplicate = partition_ledger.duplicate + moved.duplicate,
    dead_lettered = partition_ledger.dead_lettered + moved.dead_lettered,
    expired = partition_ledger.expired + moved.expired,
    without_record = partition_ledger.without_record + moved.without_record,
    last_offset = coalesce(moved.last_offset, partition_ledger.last_offset),
    last_appended_at = coalesce(moved.last_appended_at, partition_ledger.last_appended_at)
FROM unnest($3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])
  AS moved (partition, next_offset, stored, updated, duplicate, dead_lettered, expired, without_record, last_offset, last_appended_at)
WHERE partition_ledger.pipeline = $1
  AND partition_ledger.log_id = $2
  AND partition_ledger.partition = moved.partition
