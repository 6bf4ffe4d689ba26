UPDATE pipeline SET paused = false, pause_reason = NULL, needs_decision = false WHERE name = $1
