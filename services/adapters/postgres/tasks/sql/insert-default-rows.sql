-- Rows without fields.
INSERT INTO {{relation}} SELECT FROM json_array_elements($1::json)
