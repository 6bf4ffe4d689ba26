UPDATE pipeline SET fault = $2 WHERE name = $1 AND fault IS DISTINCT FROM $2
