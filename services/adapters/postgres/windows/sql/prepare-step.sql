PREPARE window_step (timestamptz, timestamptz) AS {{step}}
