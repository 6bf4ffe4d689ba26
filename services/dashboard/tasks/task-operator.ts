import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import { PostgresPipelineStore } from '../../adapters/postgres/pipelines/pipeline-store.ts'
import { TaskQueue } from '../../adapters/postgres/tasks/task-queue.ts'
import type { StoredTask } from '../../adapters/postgres/tasks/task-reader.ts'
import { TaskReader } from '../../adapters/postgres/tasks/task-reader.ts'
import { toApiUnit } from '../../ledger/tasks/api-unit.ts'
import { toCandidates } from '../../pipelines/tasks/stored-tasks.ts'
import { choosePipeline } from '../../pipelines/tasks/choose-pipeline.ts'
import type { ParsedTask } from './parse-new-task.ts'

type Pools = {
  /** Of the role that reads. */
  readonly pool: Pool
  /** Of the role that changes tasks. */
  readonly operatorPool: Pool
}

type Made =
  | { readonly kind: 'made'; readonly task: StoredTask; readonly isNew: boolean }
  | { readonly kind: 'refused'; readonly reason: string }

/** Makes, cancels and retries tasks. Each method rejects if the database does not answer. */
export class TaskOperator {
  readonly #pipelines: PostgresPipelineStore
  readonly #reader: TaskReader
  readonly #queue: TaskQueue

  constructor({ pool, operatorPool }: Pools) {
    this.#pipelines = new PostgresPipelineStore(pool)
    this.#reader = new TaskReader(pool)
    this.#queue = new TaskQueue(operatorPool)
  }

  async make(task: ParsedTask & { readonly id: string }): Promise<Made> {
    const chosen = choosePipeline(toCandidates(await this.#pipelines.list()), task)
    if (chosen.kind === 'refused') return chosen
    const { method, params, transactionKey } = task
    const unit = toApiUnit(task.id)
    const [inserted] = await this.#queue.insert(chosen.name, [
      { unit, method, params, transactionKey },
    ])
    const made = inserted && (await this.#reader.find(inserted.id))
    if (made === undefined) throw new Error(`The task ${unit} was deleted meanwhile.`)
    return { kind: 'made', task: made, isNew: inserted?.isNew ?? false }
  }

  /** @returns the task after the request */
  async cancel(id: number): Promise<StoredTask | 'ended' | 'unknown'> {
    const outcome = await this.#queue.cancel(id)
    const task = outcome && (await this.#reader.find(id))
    if (task === undefined) return 'unknown'
    return outcome?.kind === 'ended' && task.state !== 'canceled' ? 'ended' : task
  }

  /** @returns the queued task */
  async retry(id: number): Promise<StoredTask | 'not-ended' | 'unknown'> {
    const queued = await this.#queue.retry([id])
    const task = await this.#reader.find(id)
    if (task === undefined) return 'unknown'
    return queued.length === 0 ? 'not-ended' : task
  }
}
