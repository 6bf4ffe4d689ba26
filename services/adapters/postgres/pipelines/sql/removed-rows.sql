SELECT removed_rows::int8 AS rows FROM pipeline WHERE name = $1
