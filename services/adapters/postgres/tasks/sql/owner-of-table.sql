-- Another pipeline that writes the table; or the pipeline itself, if late rows of the table start it.
SELECT name FROM pipeline
WHERE CASE name
  WHEN $1 THEN $2 = declaration -> 'source' -> 'reads' ->> 'table'
  ELSE $2 IN (declaration -> 'table' ->> 'name', declaration -> 'to' -> 'table' ->> 'name')
END
ORDER BY name LIMIT 1
