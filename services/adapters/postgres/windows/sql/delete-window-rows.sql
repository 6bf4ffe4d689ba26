DELETE FROM {{relation}} WHERE _window_from = $1 AND _window_to = $2
