import type { ClaimLimit, Renewal, RunningTask } from '../../adapters/postgres/tasks/claim-store.ts'
import type {
  SettledAttempt,
  SettledTask,
  Settlement,
  TaskRules,
} from '../../ledger/tasks/settlement.ts'
import type { AttemptOutcome, ClaimedTask } from '../../ledger/tasks/task.ts'
import type { Cancellation } from '../cancellation.ts'

/** A pipeline whose tasks a worker runs now. */
export type RunnablePipeline = {
  readonly name: string
  /** How many of its tasks run at the same time in this worker. */
  readonly concurrency: number
  readonly rules: TaskRules
  /** Only tasks of these handlers are claimed; undefined: all. */
  readonly methods?: () => readonly string[]
  /**
   * Whether `run` takes any number of tasks and begins at most `concurrency` of them at the same time.
   * Otherwise it begins each task when it is called.
   */
  readonly hasQueue: boolean
  /**
   * Runs one attempt of a task. It always resolves, and soon after a request to cancel it: as `given-back`
   * if the reason is `giveBack`, otherwise as `canceled`.
   */
  readonly run: (task: ClaimedTask, attempt: RunOptions) => Promise<AttemptOutcome | SettledAttempt>
}

type RunOptions = {
  readonly cancel: Cancellation
  /** Called when the attempt begins. @param together how many tasks run as one; default 1 */
  readonly onBegin: (together?: number) => void
  /** Called when an attempt that has begun waits again. */
  readonly onWait: () => void
}

/** The task table, as a worker uses it. A rejected promise is an outage. */
export interface TaskTable {
  claim(wanted: readonly ClaimLimit[]): Promise<ClaimedTask[]>
  renew(running: readonly RunningTask[]): Promise<Renewal>
  /** @returns what became of the tasks. After an outage some may be missing: settle them again */
  settle(settlements: readonly Settlement[]): Promise<SettledTask[]>
}
