INSERT INTO pg_temp.window_rows ({{columns}})
SELECT {{columns}} FROM json_populate_recordset(NULL::{{relation}}, $1::json)
