UPDATE pipeline SET paused = false, pause_reason = NULL
WHERE name = $1 AND paused AND ($2::text IS NULL OR pause_reason = $2)
