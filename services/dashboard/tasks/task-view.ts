import type { StoredTask, TaskSummary } from '../../adapters/postgres/tasks/task-reader.ts'
import type { RunningTask, TasksByState } from '../../adapters/postgres/tasks/work-now.ts'
import type { StoredWorker } from '../../adapters/postgres/tasks/worker-store.ts'
import { taskStates } from '../../ledger/tasks/task.ts'
import type { Task, TaskCount, TaskDetails, TaskWorker, WorkerState } from '../api/tasks.ts'

/** A task in the form of the API. */
export function toTask(task: TaskSummary): Task {
  const { id, pipeline, unit, method, state, attempt, progress, rows, worker, code } = task
  return {
    ...{ id, pipeline, unit, method, state },
    isCancelRequested: state === 'running' && task.cancelRequestedAt !== null,
    ...{ attempt, progress, rows, worker },
    fault: code === null ? null : { code, message: task.detail ?? '' },
    madeAt: task.madeAt.toISOString(),
    startedAt: task.startedAt?.toISOString() ?? null,
    endedAt: task.endedAt?.toISOString() ?? null,
  }
}

export function toTaskDetails(task: StoredTask): TaskDetails {
  const { params, transactionKey, logLines: log } = task
  return { ...toTask(task), params, transactionKey, log }
}

export function toTaskCounts(counts: readonly TasksByState[]): TaskCount[] {
  return counts.flatMap((each) =>
    taskStates.map((state) => ({ pipeline: each.pipeline, state, count: each[state] })),
  )
}

/** What all workers do now. */
export type WorkNow = { readonly running: readonly RunningTask[]; readonly waiting: number }

export function toTaskWorker(worker: StoredWorker, { running, waiting }: WorkNow): TaskWorker {
  const { id, name, ip, host } = worker
  const own = running.filter((task) => task.worker === id)
  return {
    ...{ id, name, ip, host },
    start_date: worker.startedAt.toISOString(),
    total_processed: worker.totalProcessed,
    total_success: worker.totalSuccess,
    last_processed: worker.lastProcessedAt?.toISOString() ?? null,
    state: stateOf(worker, own.length),
    current: own.map(({ id: task, pipeline, method, progress }) => {
      return { task, pipeline, method, progress }
    }),
    lag: waiting,
  }
}

function stateOf({ state }: StoredWorker, tasks: number): WorkerState {
  if (state !== 'running') return state
  return tasks > 0 ? 'working' : 'idle'
}
