SELECT name, file, declaration, enabled, paused, pause_reason, fault, declared_at, seen_at
FROM pipeline ORDER BY name
