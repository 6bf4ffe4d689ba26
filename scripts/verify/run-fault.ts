import type { Random } from '../../fleet/random.ts'
import { between } from '../../fleet/random.ts'
import { sleep } from '../../services/runtime/retry.ts'
import type { Judgement, Workload } from '../workload/workload.ts'
import type { Fault } from './faults/fault.ts'
import type { PlatformUnderTest } from './platform-under-test.ts'
import { WorkloadMonitor } from './workload-monitor.ts'

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
  readonly platform: PlatformUnderTest
  readonly workload: Workload
  /** Units a second. */
  readonly rate: number
  readonly seconds: number
  readonly isQuick: boolean
  readonly random: Random
  readonly signal: AbortSignal
}

/** The most seconds to wait: for a platform to be well, and for all to be settled. */
const settleTimeoutSeconds = 180
/** Between the moment all is well and the fault. */
const calmSeconds = [0.5, 3] as const

/** One fault under a workload: from a platform that is well to one that is well again, and the judgement. */
export async function runFault(fault: Fault, options: RunOptions): Promise<Verdict> {
  const { platform, workload, signal } = options
  const why = fault.whyUnavailable?.(platform)
  if (why !== undefined) return { kind: 'not-injected', fault: fault.name, why }
  await fault.prepare?.(platform)
  const failures = new Failures()
  const recoverySeconds = await injectUnderLoad(fault, { ...options, failures })
  await failures.of(fault.check?.(platform))
  const judgement = await workload.judge()
  await fault.tidyUp?.(platform)
  signal.throwIfAborted()
  const { messages } = failures
  return { kind: 'injected', fault: fault.name, ...judgement, recoverySeconds, failures: messages }
}

type Injection = RunOptions & { readonly failures: Failures }

/**
 * Ends when everything that was sent is settled.
 *
 * @returns seconds from the end of the fault to a platform that is well
 */
async function injectUnderLoad(fault: Fault, injection: Injection): Promise<number | null> {
  const { platform, workload, rate, random, signal, failures, seconds, isQuick } = injection
  await workload.begin(platform, { rate, random })
  const watch = new WorkloadMonitor(workload, signal)
  if (!(await watch.untilHealthy(settleTimeoutSeconds)))
    failures.add('it was not well before the fault')
  await sleep(between(...calmSeconds, random) * 1000, signal)
  await failures.of(fault.inject({ platform, random, seconds, isQuick, signal }))
  const ended = Date.now()
  const isWell = await watch.untilHealthy(settleTimeoutSeconds)
  const recoverySeconds = isWell ? (Date.now() - ended) / 1000 : null
  for (const failure of await workload.stop(settleTimeoutSeconds)) failures.add(failure)
  if (!(await watch.untilAllSettled(settleTimeoutSeconds)))
    failures.add('not all of the log was settled')
  return recoverySeconds
}

class Failures {
  readonly messages: string[] = []

  add(text: string): void {
    this.messages.push(text)
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
export function isPromiseKept(verdict: Verdict): boolean {
  if (verdict.kind === 'not-injected') return true
  const { lost, duplicateRows, ledgerBalanced, recoverySeconds, failures } = verdict
  const isRight = lost === 0 && duplicateRows === 0 && ledgerBalanced
  return isRight && recoverySeconds !== null && failures.length === 0
}
