-- The row with a key, and for each column whether it differs from the parameters.
SELECT
  {{compared-with-parameters}}
FROM {{relation}}
WHERE ({{key}}) = ({{key-parameters}})
