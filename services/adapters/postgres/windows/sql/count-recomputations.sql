UPDATE schedule SET recomputations = $2 WHERE pipeline = $1
