import { between } from '../../../fleet/random.ts'
import type { PlatformUnderTest } from '../platform-under-test.ts'
import type { Fault, FaultContext, Part } from './fault.ts'
import { pickRandom, waitSeconds } from './fault.ts'

/** Shortest and longest time between the starts of two faults. A fault often lasts longer. */
const faultGapSeconds = [3, 12] as const
/** Duration of a mixed fault that has no fixed duration. */
const faultSeconds = 6

/** Random faults. They overlap if they affect different parts. */
export function mixed(faults: readonly Fault[]): Fault {
  const possible = (platform: PlatformUnderTest) =>
    faults.filter((fault) => fault.whyUnavailable?.(platform) === undefined)
  const each = async (
    platform: PlatformUnderTest,
    act: 'prepare' | 'check' | 'tidyUp',
  ): Promise<void> => {
    for (const fault of possible(platform)) await fault[act]?.(platform)
  }
  return {
    name: 'mixed',
    description: 'all faults at random, overlapping',
    touches: ['all'],
    prepare: (platform) => each(platform, 'prepare'),
    inject: (context) => mix(possible(context.platform), context),
    check: (platform) => each(platform, 'check'),
    tidyUp: (platform) => each(platform, 'tidyUp'),
  }
}

async function mix(faults: readonly Fault[], context: FaultContext): Promise<void> {
  const running = new Map<Fault, Promise<void>>()
  const failures: unknown[] = []
  const end = Date.now() + context.seconds * 1000
  while (Date.now() < end && failures.length === 0) {
    const fault = pickRandom(faults, context.random)
    if ([...running.keys()].every((other) => touchDifferentParts(fault, other))) {
      const injection = fault
        .inject({ ...context, seconds: faultSeconds, isQuick: true })
        .catch((error: unknown) => failures.push(error))
        .then(() => {
          running.delete(fault)
        })
      running.set(fault, injection)
    }
    await waitSeconds(between(...faultGapSeconds, context.random), context)
  }
  await Promise.all(running.values())
  if (failures.length > 0) throw failures[0]
}

function touchDifferentParts({ touches }: Fault, other: Fault): boolean {
  const isShared = (part: Part): boolean => part === 'all' || other.touches.includes(part)
  return !touches.some(isShared) && !other.touches.includes('all')
}
