import type { Random } from '../../fleet/random.ts'
import { between } from '../../fleet/random.ts'
import { sleep } from '../../services/runtime/retry.ts'
import { Account } from './account.ts'
import type { Fault } from './faults/fault.ts'
import type { Judgement } from './judge.ts'
import { judge } from './judge.ts'
import { Load } from './load.ts'
import { PositionsView } from './positions.ts'
import type { Stack } from './stack.ts'
import { Watch } from './watch.ts'

/** What a fault did to the platform. */
export type Verdict =
  | (Judgement & {
      readonly kind: 'injected'
      readonly fault: string
      /** From the end of the fault; null where the platform did not recover by itself in time. */
      readonly recoverySeconds: number | null
      /** What went wrong beside the figures. */
      readonly failures: readonly string[]
    })
  | { readonly kind: 'not-injected'; readonly fault: string; readonly why: string }

export type RunOptions = {
  readonly stack: Stack
  readonly rate: number
  readonly seconds: number
  readonly isQuick: boolean
  readonly random: Random
  readonly signal: AbortSignal
}

/** Seconds after which nobody waits any longer: for a platform to be well, and for all to be stored. */
const patience = 180
/** Between the moment all is well and the fault. */
const calmSeconds = [0.5, 3] as const

/** One fault under load: from a platform that is well to one that is well again, and the account. */
export async function runFault(fault: Fault, options: RunOptions): Promise<Verdict> {
  const { stack, random, signal } = options
  const why = fault.whyNot?.(stack)
  if (why !== undefined) return { kind: 'not-injected', fault: fault.name, why }
  await fault.prepare?.(stack)
  const account = new Account(`V${Math.floor(random() * 2 ** 40).toString(36)}`)
  const failures = new Failures()
  const recoverySeconds = await injectUnderLoad(fault, { ...options, account, failures })
  await failures.of(fault.check?.(stack))
  const judgement = await judge(stack, account)
  await fault.tidyUp?.(stack)
  signal.throwIfAborted()
  const { said } = failures
  return { kind: 'injected', fault: fault.name, ...judgement, recoverySeconds, failures: said }
}

type Course = RunOptions & { readonly account: Account; readonly failures: Failures }

/**
 * Ends when everything in the log is settled.
 *
 * @returns seconds from the end of the fault to a platform that is well
 */
async function injectUnderLoad(fault: Fault, course: Course): Promise<number | null> {
  const { stack, rate, random, signal, account, failures, seconds, isQuick } = course
  const { token, eventsUrl: url } = stack
  await using load = new Load({ url, token, rate, account, random })
  await using view = new PositionsView(stack)
  const watch = new Watch({ view, account, rate }, signal)
  if (!(await watch.untilWell(patience))) failures.add('it was not well before the fault')
  await sleep(between(...calmSeconds, random) * 1000, signal)
  await failures.of(fault.inject({ stack, load, account, random, seconds, isQuick, signal }))
  const ended = Date.now()
  const isWell = await watch.untilWell(patience)
  const recoverySeconds = isWell ? (Date.now() - ended) / 1000 : null
  await failures.of(load.stop(patience))
  if (load.failure) failures.add(load.failure.message)
  if (!(await watch.untilQuiet(patience))) failures.add('not all of the log was settled')
  return recoverySeconds
}

class Failures {
  readonly said: string[] = []

  add(text: string): void {
    this.said.push(text)
  }

  async of(work: Promise<void> | undefined): Promise<void> {
    try {
      await work
    } catch (error) {
      this.add((error as Error).message)
    }
  }
}

/** Whether the promise was kept. */
export function isKept(verdict: Verdict): boolean {
  if (verdict.kind === 'not-injected') return true
  const { lost, duplicateRows, ledgerBalanced, recoverySeconds, failures } = verdict
  const isRight = lost === 0 && duplicateRows === 0 && ledgerBalanced
  return isRight && recoverySeconds !== null && failures.length === 0
}
