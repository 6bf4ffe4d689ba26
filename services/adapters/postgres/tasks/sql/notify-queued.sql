SELECT pg_notify('task_queued', '')
