module av-telemetry/test-pause

go 1.24
