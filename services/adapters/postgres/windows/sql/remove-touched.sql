DELETE FROM touched_window WHERE pipeline = $1
