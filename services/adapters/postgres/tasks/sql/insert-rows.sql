INSERT INTO {{relation}} ({{columns}})
SELECT {{columns}} FROM json_populate_recordset(NULL::{{relation}}, $1::json)
