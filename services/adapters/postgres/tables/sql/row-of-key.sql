-- The content of the row that has a key, and in which columns it differs from the parameters.
SELECT
  {{compared-with-parameters}}
FROM "{{table}}"
WHERE ({{key}}) = ({{key-parameters}})
