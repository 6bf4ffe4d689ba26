import type { Random } from '../../fleet/random.ts'
import { between } from '../../fleet/random.ts'
import { sleep } from '../../services/runtime/retry.ts'
import type { Judgement, Workload } from '../workload/workload.ts'
import type { Fault } from './faults/fault.ts'
import type { PlatformUnderTest } from './platform-under-test.ts'
import { WorkloadMonitor } from './workload-monitor.ts'

/** The result of one fault. */
export type Verdict =
  | (Omit<Judgement, 'findings'> & {
      readonly kind: 'injected'
      readonly fault: string
      /**
       * Seconds from the end of the fault until the platform was healthy; null if it did not
       * recover in time.
       */
      readonly recoverySeconds: number | null
      /** Failures that the figures do not show. */
      readonly failures: readonly string[]
    })
  | { readonly kind: 'not-injected'; readonly fault: string; readonly why: string }

export type RunOptions = {
  readonly platform: PlatformUnderTest
  readonly workload: Workload
  /** Units per second. */
  readonly rate: number
  readonly seconds: number
  readonly isQuick: boolean
  readonly random: Random
  readonly signal: AbortSignal
}

/** Seconds to wait until the platform is healthy, and until all units are settled. */
const settleTimeoutSeconds = 180
/** Shortest and longest time between a healthy platform and the fault. */
const calmSeconds = [0.5, 3] as const

/**
 * Injects one fault under load, waits until the platform is healthy again, and judges the result.
 */
export async function runFault(fault: Fault, options: RunOptions): Promise<Verdict> {
  const { platform, workload, signal } = options
  const why = fault.whyUnavailable?.(platform)
  if (why !== undefined) return { kind: 'not-injected', fault: fault.name, why }
  await fault.prepare?.(platform)
  const failures = new Failures()
  const recoverySeconds = await injectUnderLoad(fault, { ...options, failures })
  await failures.capture(fault.check?.(platform))
  const { findings = [], ...judgement } = await workload.judge()
  for (const finding of findings) failures.add(finding)
  await fault.tidyUp?.(platform)
  signal.throwIfAborted()
  const { messages } = failures
  return { kind: 'injected', fault: fault.name, ...judgement, recoverySeconds, failures: messages }
}

type Injection = RunOptions & { readonly failures: Failures }

/**
 * Resolves when everything that was sent is settled.
 *
 * @returns seconds from the end of the fault until the platform is healthy; null if it did not
 *   recover in time
 */
async function injectUnderLoad(fault: Fault, injection: Injection): Promise<number | null> {
  const { platform, workload, rate, random, signal, failures, seconds, isQuick } = injection
  await workload.begin(platform, { rate, random })
  const monitor = new WorkloadMonitor(workload, signal)
  if (!(await monitor.untilHealthy(settleTimeoutSeconds)))
    failures.add('the platform was not healthy before the fault')
  await sleep(between(...calmSeconds, random) * 1000, signal)
  await failures.capture(fault.inject({ platform, random, seconds, isQuick, signal }))
  const ended = Date.now()
  const isHealthy = await monitor.untilHealthy(settleTimeoutSeconds)
  const recoverySeconds = isHealthy ? (Date.now() - ended) / 1000 : null
  for (const failure of await workload.stop(settleTimeoutSeconds)) failures.add(failure)
  if (!(await monitor.untilAllSettled(settleTimeoutSeconds)))
    failures.add('not all records of the topic were settled')
  return recoverySeconds
}

class Failures {
  readonly messages: string[] = []

  add(text: string): void {
    this.messages.push(text)
  }

  async capture(work: Promise<void> | undefined): Promise<void> {
    try {
      await work
    } catch (error) {
      this.add((error as Error).message)
    }
  }
}

/** Whether nothing was lost or duplicated, the ledgers balance, and the platform recovered. */
export function isPromiseKept(verdict: Verdict): boolean {
  if (verdict.kind === 'not-injected') return true
  const { lost, duplicateRows, ledgerBalanced, recoverySeconds, failures } = verdict
  const isCorrect = lost === 0 && duplicateRows === 0 && ledgerBalanced
  return isCorrect && recoverySeconds !== null && failures.length === 0
}
