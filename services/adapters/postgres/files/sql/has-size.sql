-- Whether a file of the same size was loaded before.
SELECT EXISTS (
  SELECT FROM file WHERE pipeline = $1 AND size = $2 AND sha256 IS NOT NULL AND id <> $3
) AS found
