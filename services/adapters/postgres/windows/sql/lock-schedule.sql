SELECT made_from, made_until, recomputations FROM schedule WHERE pipeline = $1 FOR UPDATE
