-- Another pipeline that writes the table.
SELECT name FROM pipeline
WHERE name <> $1
  AND $2 IN (declaration -> 'table' ->> 'name', declaration -> 'to' -> 'table' ->> 'name')
ORDER BY name LIMIT 1
