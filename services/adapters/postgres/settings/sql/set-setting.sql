INSERT INTO setting (pipeline, key, value) VALUES ($1, $2, $3)
ON CONFLICT (pipeline, key) DO UPDATE SET value = excluded.value
