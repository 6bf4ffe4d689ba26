import { shuffled } from '../../../fleet/random.ts'
import type { Role } from '../../../infra/topology/registry.ts'
import { isUnavailable } from '../platform-under-test.ts'
import type { PlatformUnderTest } from '../platform-under-test.ts'
import type { Fault, FaultContext, Part } from './fault.ts'
import { oneOf, pass, repeatedly } from './fault.ts'

/** Faults that end, stop or pause processes. */

type Victim = Role & Part

/** Seconds between two kills: long enough that some hit what has just come back. */
const betweenKills = [4, 8] as const

function kill(name: string, role: Victim): Fault {
  return {
    name,
    about: `kill -9 of a ${role}, again and again`,
    touches: [role],
    inject: (context) =>
      repeatedly(context, betweenKills, () => {
        const { stack, random } = context
        return stack.kill(oneOf(stack.services(role), random))
      }),
  }
}

function stopFor(name: string, role: Victim, [full, quick]: readonly [number, number]): Fault {
  return {
    name,
    about: `one ${role} stopped for ${full} s`,
    touches: [role],
    inject: async (context) => {
      const { stack, random, isQuick } = context
      const victim = oneOf(stack.services(role), random)
      await stack.stop(victim)
      try {
        await pass(isQuick ? quick : full, context)
      } finally {
        await stack.start(victim)
      }
    },
  }
}

/** Longer than the ten seconds after which the group gives a consumer's partitions away. */
const pauseSeconds = [20, 13] as const

function pause(name: string, role: Victim): Fault {
  return {
    name,
    about: `SIGSTOP of a ${role} for ${pauseSeconds[0]} s, longer than its session`,
    touches: [role],
    inject: async (context) => {
      const { stack, random } = context
      await frozen(oneOf(stack.services(role), random), context)
    },
  }
}

async function frozen(victim: string, context: FaultContext): Promise<void> {
  const { stack, isQuick } = context
  await stack.freeze(victim)
  try {
    await pass(pauseSeconds[isQuick ? 1 : 0], context)
  } finally {
    await stack.thaw(victim)
  }
}

/** Where there is a spare consumer, it takes the partitions over while the other sleeps. */
const consumerPause: Fault = {
  ...pause('consumer-pause', 'consumer'),
  inject: async (context) => {
    const { stack, random } = context
    const victim = oneOf(stack.services('consumer'), random)
    const spare = stack.spareConsumer
    if (isUnavailable(spare)) return frozen(victim, context)
    await stack.start(spare.name)
    try {
      await frozen(victim, context)
    } finally {
      if (!spare.belongs) await stack.stop(spare.name)
    }
  },
}

const rebalance: Fault = {
  name: 'rebalance',
  about: 'a second consumer that joins and leaves again and again',
  touches: ['consumer'],
  whyNot: ({ spareConsumer }) =>
    isUnavailable(spareConsumer) ? spareConsumer.unavailable : undefined,
  inject: async (context) => {
    const { stack, random } = context
    const spare = stack.spareConsumer
    if (isUnavailable(spare)) return
    await repeatedly(context, [0.2, 2], async () => {
      await stack.start(spare.name)
      await pass(random() * 3, context)
      await stack.stop(spare.name)
    })
    if (spare.belongs) await stack.start(spare.name)
  },
}

/** Of a platform that is up, in the order of starting. */
const roles: readonly Role[] = ['postgres', 'zookeeper', 'kafka', 'consumer', 'producer', 'ingress']

const terminate: Fault = {
  name: 'terminate',
  about: 'SIGTERM of everything in any order, then started again',
  touches: ['all'],
  inject: async (context) => {
    const { stack, random } = context
    const all = roles.flatMap((role) => stack.services(role))
    for (const name of shuffled(all, random)) {
      await stack.stop(name)
      await pass(random(), context)
    }
    for (const role of roles) await startAll(stack, role)
  },
}

async function startAll(stack: PlatformUnderTest, role: Role): Promise<void> {
  await Promise.all(stack.services(role).map((name) => stack.start(name)))
}

export const processFaults: readonly Fault[] = [
  kill('consumer-kill', 'consumer'),
  kill('producer-kill', 'producer'),
  kill('broker-kill', 'kafka'),
  stopFor('zookeeper-stop', 'zookeeper', [30, 8]),
  kill('postgres-kill', 'postgres'),
  stopFor('postgres-stop', 'postgres', [120, 8]),
  consumerPause,
  pause('producer-pause', 'producer'),
  pause('broker-pause', 'kafka'),
  rebalance,
  terminate,
]
