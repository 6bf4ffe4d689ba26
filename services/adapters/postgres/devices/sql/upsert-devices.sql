INSERT INTO device (vin, revision, name, aliases, token_hash, created_at, changed_at, removed)
SELECT vin, revision, name, ARRAY(SELECT jsonb_array_elements_text(aliases)), "tokenHash",
  'epoch'::timestamptz + "createdAt" * interval '1 microsecond',
  'epoch'::timestamptz + "changedAt" * interval '1 microsecond', removed
FROM jsonb_to_recordset($1::jsonb) AS given (
  vin text, revision bigint, name text, aliases jsonb, "tokenHash" text, "createdAt" bigint,
  "changedAt" bigint, removed boolean
)
ORDER BY vin
ON CONFLICT (vin) DO UPDATE SET
  revision = excluded.revision, name = excluded.name, aliases = excluded.aliases,
  token_hash = excluded.token_hash, created_at = excluded.created_at,
  changed_at = excluded.changed_at, removed = excluded.removed
WHERE device.revision < excluded.revision
