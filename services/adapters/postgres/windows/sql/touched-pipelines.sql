SELECT DISTINCT pipeline FROM touched_window
