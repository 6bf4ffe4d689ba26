-- A pipeline that needs a decision is resumed by "settle-decision".
UPDATE pipeline SET paused = false, pause_reason = NULL
WHERE name = $1 AND paused AND NOT needs_decision AND ($2::text IS NULL OR pause_reason = $2)
