import { shuffled } from '../../../fleet/random.ts'
import { roles } from '../../../services/adapters/postgres/driver/settings.ts'
import type { Link, SmallDisk, PlatformUnderTest } from '../platform-under-test.ts'
import { isUnavailable } from '../platform-under-test.ts'
import type { Fault, FaultContext } from './fault.ts'
import { pass, wheneverReachable } from './fault.ts'

/** Faults of what the services stand on: network, disk, the database's connections. */

/** Longer than sessions with ZooKeeper and the group last. */
const cutSeconds = [13, 3] as const
const slowSeconds = [8, 2] as const

async function disturbEach(
  links: readonly Link[],
  disturb: (link: Link) => Promise<void>,
  { context, seconds }: { readonly context: FaultContext; readonly seconds: number },
): Promise<void> {
  for (const link of shuffled(links, context.random)) {
    await disturb(link)
    try {
      await pass(seconds, context)
    } finally {
      await link.heal()
    }
    await pass(context.random() * 2, context)
  }
}

const networkCut: Fault = {
  name: 'network-cut',
  about: 'nothing goes through between two services, for each pair in turn',
  touches: ['network'],
  whyNot: ({ cuttable }) => (isUnavailable(cuttable) ? cuttable.unavailable : undefined),
  inject: async (context) => {
    const { cuttable } = context.stack
    if (isUnavailable(cuttable)) return
    const seconds = cutSeconds[context.isQuick ? 1 : 0]
    await disturbEach(cuttable, (link) => link.cut(), { context, seconds })
  },
}

const networkSlow: Fault = {
  name: 'network-slow',
  about: 'everything between two services takes longer, for each pair in turn',
  touches: ['network'],
  whyNot: ({ slowable }) => (isUnavailable(slowable) ? slowable.unavailable : undefined),
  inject: async (context) => {
    const { slowable } = context.stack
    if (isUnavailable(slowable)) return
    const seconds = slowSeconds[context.isQuick ? 1 : 0]
    await disturbEach(slowable, (link) => link.slow(), { context, seconds })
  },
}

const postgresCut: Fault = {
  name: 'postgres-cut',
  about: 'pg_terminate_backend of all sessions of the services, again and again',
  touches: ['postgres'],
  inject: (context) =>
    wheneverReachable(context, [0.2, 1.5], async () => {
      await context.stack.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY ($1)`,
        [[roles.writer, roles.reader]],
      )
    }),
}

const fullDisk: Fault = {
  name: 'full-disk',
  about: 'no room left on the file system of the database',
  touches: ['postgres'],
  whyNot: ({ disk }) => (isUnavailable(disk) ? disk.unavailable : undefined),
  prepare: (stack) => onDisk(stack, (disk) => disk.moveIn()),
  inject: (context) =>
    onDisk(context.stack, async (disk) => {
      await disk.fill()
      try {
        await pass(context.seconds, context)
      } finally {
        await disk.free()
      }
    }),
  tidyUp: (stack) => onDisk(stack, (disk) => disk.moveOut()),
}

async function onDisk(
  { disk }: PlatformUnderTest,
  act: (disk: SmallDisk) => Promise<void>,
): Promise<void> {
  if (!isUnavailable(disk)) await act(disk)
}

export const surroundingFaults: readonly Fault[] = [postgresCut, networkCut, networkSlow, fullDisk]
