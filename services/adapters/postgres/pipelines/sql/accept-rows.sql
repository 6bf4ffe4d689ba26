UPDATE pipeline SET removed_rows = removed_rows + $2 WHERE name = $1
