task.id, task.pipeline, task.unit, task.method, task.transaction_key, task.state,
  task.worker, worker.name AS worker_name, task.attempt, task.run_after, task.lease_until,
  task.cancel_requested_at, task.progress, task.rows, task.code, task.detail,
  task.made_at, task.started_at, task.ended_at
