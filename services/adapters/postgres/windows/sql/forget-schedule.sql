DELETE FROM schedule WHERE pipeline = $1
