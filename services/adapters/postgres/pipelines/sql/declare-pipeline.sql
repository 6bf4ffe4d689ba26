INSERT INTO pipeline (name, file, declaration, enabled) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET
  file = excluded.file,
  declared_at = CASE
    WHEN pipeline.declaration IS DISTINCT FROM excluded.declaration THEN now()
    ELSE pipeline.declared_at
  END,
  declaration = excluded.declaration,
  enabled = excluded.enabled,
  fault = NULL,
  seen_at = now()
