import { shuffled } from '../../../fleet/random.ts'
import { roles as databaseRoles } from '../../../services/adapters/postgres/driver/settings.ts'
import type { Link, SmallDisk, PlatformUnderTest } from '../platform-under-test.ts'
import { isUnavailable } from '../platform-under-test.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import type { UnitPath } from '../../workload/workload.ts'
import type { Fault, FaultContext } from './fault.ts'
import { waitSeconds, repeatedlyOnceReachable } from './fault.ts'

/** Faults of the environment: network, disk, database connections. */

/**
 * Longer than the session timeouts of ZooKeeper and the consumer group; the second value is for
 * --quick.
 */
const cutSeconds = [13, 3] as const
const slowSeconds = [8, 2] as const

const httpRoles: readonly Role[] = ['ingress', 'producer']

/** The links that the units of a workload pass. */
function usedBy({ storedBy, isSentOverHttp }: UnitPath, links: readonly Link[]): readonly Link[] {
  const other = storedBy === 'worker' ? 'consumer' : 'worker'
  const isOnlyForHttp = ({ roles }: Link): boolean =>
    roles.every((role) => httpRoles.includes(role))
  return links.filter(
    (link) => !link.roles.includes(other) && (isSentOverHttp || !isOnlyForHttp(link)),
  )
}

async function disturbEach(
  links: readonly Link[],
  disturb: (link: Link) => Promise<void>,
  { context, seconds }: { readonly context: FaultContext; readonly seconds: number },
): Promise<void> {
  for (const link of shuffled(links, context.random)) {
    await disturb(link)
    try {
      await waitSeconds(seconds, context)
    } finally {
      await link.heal()
    }
    await waitSeconds(context.random() * 2, context)
  }
}

const networkCut = (path: UnitPath): Fault => ({
  name: 'network-cut',
  description: 'no data between two services, for each pair in turn',
  touches: ['network'],
  whyUnavailable: ({ cuttable }) => (isUnavailable(cuttable) ? cuttable.unavailable : undefined),
  inject: async (context) => {
    const { cuttable } = context.platform
    if (isUnavailable(cuttable)) return
    const seconds = cutSeconds[context.isQuick ? 1 : 0]
    await disturbEach(usedBy(path, cuttable), (link) => link.cut(), { context, seconds })
  },
})

const networkSlow = (path: UnitPath): Fault => ({
  name: 'network-slow',
  description: 'delayed data between two services, for each pair in turn',
  touches: ['network'],
  whyUnavailable: ({ slowable }) => (isUnavailable(slowable) ? slowable.unavailable : undefined),
  inject: async (context) => {
    const { slowable } = context.platform
    if (isUnavailable(slowable)) return
    const seconds = slowSeconds[context.isQuick ? 1 : 0]
    await disturbEach(usedBy(path, slowable), (link) => link.slow(), { context, seconds })
  },
})

const postgresCut: Fault = {
  name: 'postgres-cut',
  description:
    'repeated pg_terminate_backend of all sessions of the services that the owner may end',
  touches: ['postgres'],
  inject: (context) =>
    repeatedlyOnceReachable(context, [0.2, 1.5], async () => {
      await context.platform.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE usename = ANY ($1) AND pg_has_role(usesysid, 'USAGE')`,
        [[databaseRoles.writer, databaseRoles.worker, databaseRoles.reader]],
      )
    }),
}

const fullDisk: Fault = {
  name: 'full-disk',
  description: 'no space left on the file system of the database',
  touches: ['postgres'],
  whyUnavailable: ({ disk }) => (isUnavailable(disk) ? disk.unavailable : undefined),
  prepare: (platform) => onDisk(platform, (disk) => disk.moveIn()),
  inject: (context) =>
    onDisk(context.platform, async (disk) => {
      await disk.fill()
      try {
        await waitSeconds(context.seconds, context)
      } finally {
        await disk.free()
      }
    }),
  tidyUp: (platform) => onDisk(platform, (disk) => disk.moveOut()),
}

async function onDisk(
  { disk }: PlatformUnderTest,
  act: (disk: SmallDisk) => Promise<void>,
): Promise<void> {
  if (!isUnavailable(disk)) await act(disk)
}

/** @param path what the units of the workload pass */
export const environmentFaults = (path: UnitPath): readonly Fault[] => [
  postgresCut,
  networkCut(path),
  networkSlow(path),
  fullDisk,
]
