-- In the order of the keys, so that transactions that write the same keys wait for each other, and do not deadlock.
INSERT INTO {{relation}} ({{columns}})
SELECT DISTINCT ON ({{row-key}}) {{row-columns}}
FROM json_array_elements($1::json) WITH ORDINALITY AS given (value, position)
CROSS JOIN LATERAL json_populate_record(NULL::{{relation}}, given.value) AS result_row
ORDER BY {{row-key}}, given.position {{direction}}
ON CONFLICT ({{key}}) {{on-conflict}}
