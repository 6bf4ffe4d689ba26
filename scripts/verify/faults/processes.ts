import { shuffled } from '../../../fleet/random.ts'
import type { Role } from '../../../infra/topology/registry.ts'
import { isUnavailable } from '../platform-under-test.ts'
import type { PlatformUnderTest } from '../platform-under-test.ts'
import type { Fault, FaultContext, Part } from './fault.ts'
import { pickRandom, waitSeconds, repeatedly } from './fault.ts'

/** Faults that end, stop or pause processes. */

type Victim = Role & Part

/** Seconds between two kills: long enough that some hit what has just come back. */
const killGapSeconds = [4, 8] as const

function kill(name: string, role: Victim): Fault {
  return {
    name,
    description: `kill -9 of a ${role}, again and again`,
    touches: [role],
    inject: (context) =>
      repeatedly(context, killGapSeconds, () => {
        const { platform, random } = context
        return platform.kill(pickRandom(platform.services(role), random))
      }),
  }
}

function stopFor(name: string, role: Victim, [full, quick]: readonly [number, number]): Fault {
  return {
    name,
    description: `one ${role} stopped for ${full} s`,
    touches: [role],
    inject: async (context) => {
      const { platform, random, isQuick } = context
      const victim = pickRandom(platform.services(role), random)
      await platform.stop(victim)
      try {
        await waitSeconds(isQuick ? quick : full, context)
      } finally {
        await platform.start(victim)
      }
    },
  }
}

/** Longer than the ten seconds after which the group gives a consumer's partitions away. */
const pauseSeconds = [20, 13] as const

function pause(name: string, role: Victim): Fault {
  return {
    name,
    description: `SIGSTOP of a ${role} for ${pauseSeconds[0]} s, longer than its session`,
    touches: [role],
    inject: async (context) => {
      const { platform, random } = context
      await freezeForPause(pickRandom(platform.services(role), random), context)
    },
  }
}

async function freezeForPause(victim: string, context: FaultContext): Promise<void> {
  const { platform, isQuick } = context
  await platform.freeze(victim)
  try {
    await waitSeconds(pauseSeconds[isQuick ? 1 : 0], context)
  } finally {
    await platform.thaw(victim)
  }
}

/** Where there is a spare consumer, it takes the partitions over while the other sleeps. */
const consumerPause: Fault = {
  ...pause('consumer-pause', 'consumer'),
  inject: async (context) => {
    const { platform, random } = context
    const victim = pickRandom(platform.services('consumer'), random)
    const spare = platform.spareConsumer
    if (isUnavailable(spare)) return freezeForPause(victim, context)
    await platform.start(spare.name)
    try {
      await freezeForPause(victim, context)
    } finally {
      if (!spare.isPartOfPlatform) await platform.stop(spare.name)
    }
  },
}

const rebalance: Fault = {
  name: 'rebalance',
  description: 'a second consumer that joins and leaves again and again',
  touches: ['consumer'],
  whyUnavailable: ({ spareConsumer }) =>
    isUnavailable(spareConsumer) ? spareConsumer.unavailable : undefined,
  inject: async (context) => {
    const { platform, random } = context
    const spare = platform.spareConsumer
    if (isUnavailable(spare)) return
    await repeatedly(context, [0.2, 2], async () => {
      await platform.start(spare.name)
      await waitSeconds(random() * 3, context)
      await platform.stop(spare.name)
    })
    if (spare.isPartOfPlatform) await platform.start(spare.name)
  },
}

/** Of a platform that is up, in the order of starting. */
const roles: readonly Role[] = ['postgres', 'zookeeper', 'kafka', 'consumer', 'producer', 'ingress']

const terminate: Fault = {
  name: 'terminate',
  description: 'SIGTERM of everything in any order, then started again',
  touches: ['all'],
  inject: async (context) => {
    const { platform, random } = context
    const all = roles.flatMap((role) => platform.services(role))
    for (const name of shuffled(all, random)) {
      await platform.stop(name)
      await waitSeconds(random(), context)
    }
    for (const role of roles) await startAll(platform, role)
  },
}

async function startAll(platform: PlatformUnderTest, role: Role): Promise<void> {
  await Promise.all(platform.services(role).map((name) => platform.start(name)))
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
