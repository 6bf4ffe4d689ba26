import { shuffled } from '../../../fleet/random.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import type { StoringRole, UnitPath } from '../../workload/workload.ts'
import { isUnavailable } from '../platform-under-test.ts'
import type { PlatformUnderTest } from '../platform-under-test.ts'
import type { Fault, FaultContext, Part } from './fault.ts'
import { pickRandom, waitSeconds, repeatedly } from './fault.ts'

/** Faults that kill, stop or pause processes. */

type Victim = Role & Part

/** Servers that the user runs cannot be stopped. */
function whyNotRun(platform: PlatformUnderTest, role: Role): string | undefined {
  return platform.services(role).length === 0
    ? `the platform does not run ${role}: it is a server of yours`
    : undefined
}

/**
 * Shortest and longest time between two kills. Some kills hit a service that has just restarted.
 */
const killGapSeconds = [4, 8] as const

function kill(name: string, role: Victim): Fault {
  return {
    name,
    description: `repeated kill of a ${role}`,
    touches: [role],
    whyUnavailable: (platform) => whyNotRun(platform, role),
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
    description: `one ${role} stopped for ${full} s (${quick} s with --quick)`,
    touches: [role],
    whyUnavailable: (platform) => whyNotRun(platform, role),
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

/**
 * Longer than the session timeout of 10 s, after which the group reassigns a consumer's partitions, and
 * shorter than the 15 s after which a service that does not answer is restarted.
 */
const pauseSeconds = 13

function pause(name: string, role: Victim): Fault {
  return {
    name,
    description: `SIGSTOP of a ${role} for ${pauseSeconds} s, longer than its session timeout`,
    touches: [role],
    whyUnavailable: (platform) => {
      const { freezer } = platform
      return isUnavailable(freezer) ? freezer.unavailable : whyNotRun(platform, role)
    },
    inject: async (context) => {
      const { platform, random } = context
      await freezeForPause(pickRandom(platform.services(role), random), context)
    },
  }
}

async function freezeForPause(victim: string, context: FaultContext): Promise<void> {
  const { freezer } = context.platform
  if (isUnavailable(freezer)) return
  await freezer.freeze(victim)
  try {
    await waitSeconds(pauseSeconds, context)
  } finally {
    await freezer.thaw(victim)
  }
}

/** If there is a spare instance, it takes over the partitions while the other one is frozen. */
const pauseStoring = (role: StoringRole): Fault => ({
  ...pause(`${role}-pause`, role),
  inject: async (context) => {
    const { platform, random } = context
    const victim = pickRandom(platform.services(role), random)
    const { spare } = platform
    if (isUnavailable(spare)) return freezeForPause(victim, context)
    await platform.start(spare.name)
    try {
      await freezeForPause(victim, context)
    } finally {
      if (!spare.isPartOfPlatform) await platform.stop(spare.name)
    }
  },
})

const rebalance = (role: StoringRole): Fault => ({
  name: 'rebalance',
  description: `a second ${role} that joins and leaves repeatedly`,
  touches: [role],
  whyUnavailable: ({ spare }) => (isUnavailable(spare) ? spare.unavailable : undefined),
  inject: async (context) => {
    const { platform, random } = context
    const { spare } = platform
    if (isUnavailable(spare)) return
    await repeatedly(context, [0.2, 2], async () => {
      await platform.start(spare.name)
      await waitSeconds(random() * 3, context)
      await platform.stop(spare.name)
    })
    if (spare.isPartOfPlatform) await platform.start(spare.name)
  },
})

/** Roles of running services, in start order. */
const roles: readonly Role[] = [
  'postgres',
  'zookeeper',
  'kafka',
  'consumer',
  'worker',
  'producer',
  'ingress',
]

const terminate: Fault = {
  name: 'terminate',
  description: 'SIGTERM of all services in random order, then a restart',
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

/** A fault that has no effect on units which are sent to Kafka directly. */
function onlyOverHttp(fault: Fault, { isSentOverHttp }: UnitPath): Fault {
  if (isSentOverHttp) return fault
  const why = 'the records of this workload are sent to Kafka directly, not over HTTP'
  return { ...fault, whyUnavailable: () => why }
}

/** Longer than a lease, and than each pause between two attempts to reach Kafka. */
export const brokerStop = stopFor('broker-stop', 'kafka', [60, 8])

/** Stopped for longer than the pauses between two attempts to send readings of a file. */
export const producerStop = stopFor('producer-stop', 'producer', [60, 8])

/** @param path what the units of the workload pass */
export const processFaults = (path: UnitPath): readonly Fault[] => [
  kill(`${path.storedBy}-kill`, path.storedBy),
  onlyOverHttp(kill('producer-kill', 'producer'), path),
  kill('broker-kill', 'kafka'),
  stopFor('zookeeper-stop', 'zookeeper', [30, 8]),
  kill('postgres-kill', 'postgres'),
  stopFor('postgres-stop', 'postgres', [120, 8]),
  pauseStoring(path.storedBy),
  onlyOverHttp(pause('producer-pause', 'producer'), path),
  pause('broker-pause', 'kafka'),
  rebalance(path.storedBy),
  terminate,
]
