SELECT drop_unfinished_indexes($1::date)
