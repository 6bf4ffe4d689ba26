import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import { shareRightsWithSteps } from '../../adapters/postgres/windows/step-rights.ts'
import { settleStep } from '../../adapters/postgres/windows/step-settlement.ts'
import { UnreadableResult } from '../../ledger/tasks/result-parts.ts'
import type { SettledAttempt } from '../../ledger/tasks/settlement.ts'
import type { AttemptOutcome, ClaimedTask, FaultCode } from '../../ledger/tasks/task.ts'
import { windowOfParams } from '../../ledger/tasks/window-of-task.ts'
import { LinkedAbort } from '../../runtime/abort.ts'
import { retryForever } from '../../runtime/retry.ts'
import { giveBack } from '../../tasks/handlers/running/pool-call.ts'
import type { WindowWork } from './window-work.ts'

export type WindowRunOptions = {
  /** Connections for long transactions. */
  readonly pool: Pool
  /** Separate connections to cancel statements. */
  readonly cancelPool: Pool
  /** The id of the worker. */
  readonly worker: number
  readonly work: WindowWork
  /** Whether `work` writes rows that were computed before. */
  readonly isComputedBefore: boolean
  readonly timeoutMs: number
  readonly cancel: AbortSignal
}

const pauses = { firstMs: 200, maxMs: 2_000 }

/**
 * Runs one attempt of a task whose effects are computed in the transaction that settles it. An outage is
 * waited for. It always resolves.
 */
export async function runWindow(
  task: ClaimedTask,
  { pool, work, timeoutMs, cancel, ...options }: WindowRunOptions,
): Promise<AttemptOutcome | SettledAttempt> {
  const window = windowOfParams(task.params)
  if (window === undefined) {
    const expected = '{ "from": TIME, "to": TIME } with a time before another one, in ISO 8601'
    return failed('bad-params', `The parameters should be ${expected}.`)
  }
  return untilDone({ timeoutMs, cancel }, async (signal) => {
    // In a short transaction, because it may lock tables in the catalog.
    await shareRightsWithSteps(pool)
    const settled = await settleStep(pool, {
      ...options,
      ...{ task, window, cancel: signal },
      work: (client) => work(client, window),
    })
    if (!('refusal' in settled)) return { kind: 'settled', settled }
    return failed('refused-by-database', `The database refused the step: ${settled.refusal}`)
  })
}

const isOutage = (error: unknown): boolean => !(error instanceof UnreadableResult)

/** Repeats work of an attempt until an outage ends, the time is over, or the attempt is canceled. */
export async function untilDone<T>(
  { timeoutMs, cancel }: Pick<WindowRunOptions, 'timeoutMs' | 'cancel'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | AttemptOutcome> {
  // Not AbortSignal.timeout within AbortSignal.any: Node 20 may collect it as garbage before its time.
  using end = new LinkedAbort(cancel)
  const { signal } = end
  const timer = setTimeout(() => {
    end.abort()
  }, timeoutMs)
  try {
    return await retryForever(() => work(signal), { ...pauses, signal, isOutage })
  } catch (error) {
    if (error instanceof UnreadableResult) return { kind: 'failed', fault: error.fault }
    if (cancel.aborted) return { kind: cancel.reason === giveBack ? 'given-back' : 'canceled' }
    const last = error instanceof Error ? ` The last error was: ${error.message}` : ''
    return failed('timed-out', `The task was not done after ${timeoutMs / 1_000} s.${last}`)
  } finally {
    clearTimeout(timer)
  }
}

function failed(code: FaultCode, message: string): AttemptOutcome {
  return { kind: 'failed', fault: { code, message, stack: undefined } }
}
