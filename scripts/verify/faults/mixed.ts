import { between } from '../../../fleet/random.ts'
import type { PlatformUnderTest } from '../platform-under-test.ts'
import type { Fault, FaultContext, Part } from './fault.ts'
import { oneOf, pass } from './fault.ts'

/** Seconds between the beginnings of two faults; a fault often goes on for longer. */
const betweenFaults = [3, 12] as const
/** Seconds that a fault of the mixture has, where it has no length of its own. */
const secondsEach = 6

/** Faults at random, overlapping where they take hold of different parts. */
export function mixed(faults: readonly Fault[]): Fault {
  const possible = (stack: PlatformUnderTest) =>
    faults.filter((fault) => fault.whyNot?.(stack) === undefined)
  const each = async (
    stack: PlatformUnderTest,
    act: 'prepare' | 'check' | 'tidyUp',
  ): Promise<void> => {
    for (const fault of possible(stack)) await fault[act]?.(stack)
  }
  return {
    name: 'mixed',
    about: 'all of them at random, overlapping',
    touches: ['all'],
    prepare: (stack) => each(stack, 'prepare'),
    inject: (context) => mix(possible(context.stack), context),
    check: (stack) => each(stack, 'check'),
    tidyUp: (stack) => each(stack, 'tidyUp'),
  }
}

async function mix(faults: readonly Fault[], context: FaultContext): Promise<void> {
  const running = new Map<Fault, Promise<void>>()
  const failures: unknown[] = []
  const end = Date.now() + context.seconds * 1000
  while (Date.now() < end && failures.length === 0) {
    const fault = oneOf(faults, context.random)
    if ([...running.keys()].every((other) => areApart(fault, other))) {
      const going = fault
        .inject({ ...context, seconds: secondsEach, isQuick: true })
        .catch((error: unknown) => failures.push(error))
        .then(() => {
          running.delete(fault)
        })
      running.set(fault, going)
    }
    await pass(between(...betweenFaults, context.random), context)
  }
  await Promise.all(running.values())
  if (failures.length > 0) throw failures[0]
}

function areApart({ touches }: Fault, other: Fault): boolean {
  const isShared = (part: Part): boolean => part === 'all' || other.touches.includes(part)
  return !touches.some(isShared) && !other.touches.includes('all')
}
