UPDATE pipeline SET paused = true, pause_reason = $2 WHERE name = $1 AND NOT paused
