CREATE INDEX ON {{relation}} (_window_from, _window_to)
