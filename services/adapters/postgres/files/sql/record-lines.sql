-- Not after the file is loaded: then the transaction of its rows has written the number.
UPDATE file SET lines = $2 WHERE task = $1 AND sha256 IS NULL
