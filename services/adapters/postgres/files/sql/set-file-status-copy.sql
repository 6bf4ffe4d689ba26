SELECT set_file_status_copy($1)
