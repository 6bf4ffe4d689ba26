SELECT id, pipeline, method, progress, worker FROM task WHERE state = 'running' ORDER BY id
