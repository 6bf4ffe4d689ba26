DELETE FROM setting WHERE pipeline = $1 AND key = $2
