import type { Pool } from '../../../adapters/postgres/driver/connection.ts'
import type { FileOfTask } from '../../../adapters/postgres/files/file-store.ts'
import { recordLoaded } from '../../../adapters/postgres/files/loaded-content.ts'
import type { Transaction } from '../../../adapters/postgres/pipelines/pipeline-store.ts'
import { settleStep } from '../../../adapters/postgres/windows/step-settlement.ts'
import type { StepOutcome } from '../../../adapters/postgres/windows/window-step.ts'
import type { SettledAttempt } from '../../../ledger/tasks/settlement.ts'
import type { AttemptOutcome, ClaimedTask } from '../../../ledger/tasks/task.ts'
import { failed, shown } from './find-file.ts'

export type SettleOptions = {
  /** Connections for long transactions. */
  readonly pool: Pool
  /** Separate connections to cancel statements. */
  readonly cancelPool: Pool
  /** The id of the worker. */
  readonly worker: number
  readonly cancel: AbortSignal
}

/** The file has the content of one that was loaded before. Nothing of it is stored. */
export class RepeatedError extends Error {
  readonly sha256: Buffer
  readonly first: string
  constructor(sha256: Buffer, first: string) {
    super()
    this.sha256 = sha256
    this.first = first
  }
}

/** Does the work of a file and completes its task, in one transaction. */
export async function settleFile(
  task: ClaimedTask,
  { pool, cancelPool, cancel, worker }: SettleOptions,
  work: (client: Transaction) => Promise<StepOutcome>,
): Promise<AttemptOutcome | SettledAttempt> {
  const settled = await settleStep(pool, {
    ...{ task, window: undefined, isComputedBefore: false },
    ...{ worker, cancelPool, cancel, work },
  })
  if ('refusal' in settled) return failed('refused-by-database', settled.refusal)
  return { kind: 'settled', settled }
}

/** Completes the task of a file whose content was loaded before. */
export function settleRepeated(
  task: ClaimedTask,
  options: SettleOptions,
  { file, sha256, first }: Pick<RepeatedError, 'sha256' | 'first'> & { readonly file: FileOfTask },
): Promise<AttemptOutcome | SettledAttempt> {
  const detail = `The same content was loaded before, from ${shown(first)}.`
  return settleFile(task, options, async (client) => {
    await recordLoaded(client, file.id, { sha256, lines: 0, rejected: 0, detail })
    return { kind: 'written', rows: 0 }
  })
}
