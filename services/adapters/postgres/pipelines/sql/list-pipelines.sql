SELECT
  name, file, declaration, enabled, pause_reason, needs_decision, fault, declared_at, seen_at,
  extract(epoch FROM now() - seen_at)::float8 AS unseen_seconds
FROM pipeline ORDER BY name
