import { rename } from 'node:fs/promises'
import type { Versitygw } from '../../platform/versitygw.ts'
import { pickRandom, waitSeconds } from '../../verify/faults/fault.ts'
import type { Fault, FaultContext } from '../../verify/faults/fault.ts'
import { brokerStop, producerStop } from '../../verify/faults/processes.ts'
import type { Load } from './load.ts'

/** Faults of the bucket and of large files. */

const awaySeconds = [60, 8] as const
const [largeFiles, largeLines, kills] = [8, 200_000, 20]

/** @member server the S3 server of the bucket; undefined if the bucket is not on one that this command has started */
type FileFaults = { readonly load: () => Load; readonly server: () => Versitygw | undefined }

/** The folder of the bucket is renamed, as if its disk was not mounted. Or its S3 server is stopped. */
const bucketAway = (server: FileFaults['server']): Fault => ({
  name: 'bucket-away',
  description: `the folder of the bucket, or its S3 server, is away for ${awaySeconds[0]} s (${awaySeconds[1]} s with --quick)`,
  touches: ['bucket'],
  whyUnavailable: ({ bucket }) =>
    server() !== undefined || bucket()?.kind === 'folder'
      ? undefined
      : 'the bucket is not on this machine',
  inject: async (context) => {
    const { takeAway, putBack } = removable(context, server())
    await takeAway()
    try {
      await waitSeconds(awaySeconds[context.isQuick ? 1 : 0], context)
    } finally {
      await putBack()
    }
  },
})

function removable({ platform }: FaultContext, server: Versitygw | undefined) {
  if (server !== undefined)
    return { takeAway: () => server.stop(), putBack: () => server.startAgain() }
  const settings = platform.bucket()
  if (settings?.kind !== 'folder') throw new Error('the bucket is not on this machine')
  const { folder } = settings
  const away = `${folder}.away`
  return { takeAway: () => rename(folder, away), putBack: () => rename(away, folder) }
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

export const fileFaults = ({ load, server }: FileFaults): readonly Fault[] => [
  brokerStop,
  producerStop,
  bucketAway(server),
  largeFilesKill(load),
]
