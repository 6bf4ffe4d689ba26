import type { Random } from '../../../fleet/random.ts'
import { between } from '../../../fleet/random.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import type { PlatformUnderTest } from '../platform-under-test.ts'

/** The part that a fault affects. Two faults may overlap if they share no part. */
export type Part =
  | 'consumer'
  | 'worker'
  | 'producer'
  | 'kafka'
  | 'zookeeper'
  | 'postgres'
  | 'network'
  | 'clients'
  | 'bucket'
  | 'all'

export type FaultContext = {
  readonly platform: PlatformUnderTest
  readonly random: Random
  /** Duration of a fault that has no fixed duration. */
  readonly seconds: number
  /** Whether durations are cut to the shortest that still have an effect. */
  readonly isQuick: boolean
  readonly signal: AbortSignal
}

export type Fault = {
  readonly name: string
  readonly description: string
  readonly touches: readonly Part[]
  /** Why it cannot be injected into this platform; undefined if it can. */
  readonly whyUnavailable?: (platform: PlatformUnderTest) => string | undefined
  /** Before the workload begins. */
  readonly prepare?: (platform: PlatformUnderTest) => Promise<void>
  /** Resolves when the fault is over. */
  readonly inject: (context: FaultContext) => Promise<void>
  /**
   * Runs when all units are settled. Throws if the platform reacted to the fault in the wrong way.
   */
  readonly check?: (platform: PlatformUnderTest) => Promise<void>
  /** After the judgement. */
  readonly tidyUp?: (platform: PlatformUnderTest) => Promise<void>
}

/** Waits some seconds. Rejects when the command is interrupted. */
export async function waitSeconds(seconds: number, { signal }: FaultContext): Promise<void> {
  await sleep(seconds * 1000, signal)
  signal.throwIfAborted()
}

/** Repeats an action at random intervals until the fault is over, at least once. */
export async function repeatedly(
  context: FaultContext,
  [shortest, longest]: readonly [number, number],
  act: (round: number) => Promise<void>,
): Promise<void> {
  const end = Date.now() + context.seconds * 1000
  for (let round = 0; ; round += 1) {
    await act(round)
    const gap = between(shortest, longest, context.random)
    if (Date.now() + gap * 1000 >= end) return
    await waitSeconds(gap, context)
  }
}

/** Seconds to wait for a service that is still recovering from another fault. */
const reachTimeoutSeconds = 120

/**
 * Like `repeatedly`, for an action that needs a reachable service. The service may still recover
 * from another fault, so the action is retried until it has succeeded once.
 *
 * @throws the last failure if the action never succeeded
 */
export async function repeatedlyOnceReachable(
  context: FaultContext,
  gaps: readonly [number, number],
  act: () => Promise<void>,
): Promise<void> {
  const deadline = Date.now() + reachTimeoutSeconds * 1000
  let times = 0
  let failure: unknown
  const attempt = async (): Promise<void> => {
    try {
      await act()
      times += 1
    } catch (error) {
      failure = error
    }
  }
  await repeatedly(context, gaps, attempt)
  while (times === 0) {
    if (Date.now() > deadline) throw failure
    await waitSeconds(gaps[1], context)
    await attempt()
  }
}

export function pickRandom<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('cannot choose from an empty list')
  return item
}
