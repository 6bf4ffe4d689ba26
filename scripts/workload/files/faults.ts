import { rename } from 'node:fs/promises'
import { pickRandom, waitSeconds } from '../../verify/faults/fault.ts'
import type { Fault } from '../../verify/faults/fault.ts'
import { brokerStop, producerStop } from '../../verify/faults/processes.ts'
import type { Load } from './load.ts'

/** Faults of the bucket and of large files. */

const awaySeconds = [60, 8] as const
const [largeFiles, largeLines, kills] = [8, 200_000, 20]

/** The folder of the bucket is renamed, as if its disk was not mounted. */
const bucketAway: Fault = {
  name: 'bucket-away',
  description: `the folder of the bucket is away for ${awaySeconds[0]} s (${awaySeconds[1]} s with --quick)`,
  touches: ['bucket'],
  whyUnavailable: ({ bucket }) =>
    bucket()?.kind === 'folder' ? undefined : 'the bucket is not a folder of this machine',
  inject: async (context) => {
    const settings = context.platform.bucket()
    if (settings?.kind !== 'folder') return
    const away = `${settings.folder}.away`
    await rename(settings.folder, away)
    try {
      await waitSeconds(awaySeconds[context.isQuick ? 1 : 0], context)
    } finally {
      await rename(away, settings.folder)
    }
  },
}

/** @param load what drops the files of the run */
const largeFilesKill = (load: () => Load): Fault => ({
  name: 'large-files-kill',
  description: `${kills} kill -9 of workers at random moments while they load ${largeFiles} files of ${largeLines} lines`,
  touches: ['worker'],
  inject: async (context) => {
    const { platform, random } = context
    const dropping = (async () => {
      for (let file = 0; file < largeFiles; file += 1) await load().dropLarge(largeLines)
    })()
    for (let kill = 0; kill < kills; kill += 1) {
      await waitSeconds(0.5 + random() * 4, context)
      await platform.kill(pickRandom(platform.services('worker'), random))
    }
    await dropping
  },
})

export const fileFaults = (load: () => Load): readonly Fault[] => [
  brokerStop,
  producerStop,
  bucketAway,
  largeFilesKill(load),
]
