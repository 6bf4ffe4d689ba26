-- Not TRUNCATE: a reader with an older snapshot would then see no rows.
DELETE FROM {{relation}}
