SELECT id, unit FROM task WHERE pipeline = $1 AND unit = ANY ($2::text[])
