UPDATE pipeline SET declaration = NULL, fault = NULL, removed_rows = 0 WHERE name = $1
