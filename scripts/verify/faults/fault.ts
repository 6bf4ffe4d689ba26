import type { Random } from '../../../fleet/random.ts'
import { between } from '../../../fleet/random.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import type { PlatformUnderTest } from '../platform-under-test.ts'

/** What a fault takes hold of; two that share nothing may overlap. */
export type Part =
  'consumer' | 'producer' | 'kafka' | 'zookeeper' | 'postgres' | 'network' | 'clients' | 'all'

export type FaultContext = {
  readonly platform: PlatformUnderTest
  readonly random: Random
  /** Seconds for which a fault that has no length of its own goes on. */
  readonly seconds: number
  /** Whether lengths are cut to what still shows something. */
  readonly isQuick: boolean
  readonly signal: AbortSignal
}

export type Fault = {
  readonly name: string
  readonly description: string
  readonly touches: readonly Part[]
  /** Why it cannot be injected into this platform, where it can't. */
  readonly whyUnavailable?: (platform: PlatformUnderTest) => string | undefined
  /** Before the workload begins. */
  readonly prepare?: (platform: PlatformUnderTest) => Promise<void>
  /** Resolves when the fault is over. */
  readonly inject: (context: FaultContext) => Promise<void>
  /** Once all is settled: throws where the platform did not do with it what it should. */
  readonly check?: (platform: PlatformUnderTest) => Promise<void>
  /** After the judgement. */
  readonly tidyUp?: (platform: PlatformUnderTest) => Promise<void>
}

/** Waits so many seconds; rejects when the command is told to stop. */
export async function waitSeconds(seconds: number, { signal }: FaultContext): Promise<void> {
  await sleep(seconds * 1000, signal)
  signal.throwIfAborted()
}

/** Does something again and again, at seeded moments, while the fault goes on: once at least. */
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

/** Seconds for which a victim of another fault may be on its way back. */
const reachTimeoutSeconds = 120

/**
 * As `repeatedly`, for what must be reached to be disturbed: another fault may just be over, so
 * that it goes on until it could be done once.
 *
 * @throws the last failure where that did not come
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
  if (item === undefined) throw new Error('there is nothing to choose from')
  return item
}
