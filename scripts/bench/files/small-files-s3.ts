import { S3Store } from '../../../services/adapters/objects/s3-store.ts'
import { localPassword, ownerSettings } from '../../platform/database.ts'
import { findVersitygw, noVersitygw, Versitygw } from '../../platform/versitygw.ts'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import { median, medianWithSpread } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { withDeclarations } from '../declared/declared-run.ts'
import { runProgram } from '../program.ts'
import type { BareFilesRun } from '../programs/bare-files.ts'
import type { BareObjectsOrder } from '../programs/bare-objects.ts'
import type { WorkerRun } from '../worker-run.ts'
import {
  declaration,
  files,
  pipeline,
  quickFiles,
  tableLike,
  writeObjects,
} from './dropped-files.ts'
import { loadWaiting, noteOf } from './load-waiting.ts'

const bareTable = 'bare_file'

type Pair = { readonly worker: WorkerRun; readonly bare: BareFilesRun }

/** Like `small-files`, in a bucket of an S3 server. It has no bar: the server takes most of the time. */
export const smallFilesS3: Bench = {
  name: 'small-files-s3',
  description:
    'small files a second of one worker in a bucket of versitygw, beside a bare list-read-COPY-move loop',
  measure: async (context) => {
    const program = findVersitygw()
    if (program !== undefined) return measureOn(program, context)
    context.printProgress(`not measured: ${noVersitygw}`)
    return []
  },
}

async function measureOn(program: string, context: BenchContext): Promise<Figure[]> {
  await using server = await Versitygw.start(program)
  const store = new S3Store(server.settings)
  return await withDeclarations({ [pipeline]: declaration }, async (folder) => {
    const settings = [`worker.folder=${folder}`, 'files.enabled=true', ...server.platformSettings()]
    await using platform = await context.open(...settings)
    await platform.pool.query(tableLike(bareTable))
    const count = context.isQuick ? quickFiles : files
    const pairs: Pair[] = []
    while (pairs.length < (context.pairs ?? context.runs)) {
      context.printProgress(`pair ${pairs.length + 1}`)
      const part = [pairs.length * count, count] as const
      await writeObjects(store, 'bare-inbox', part)
      const bare = await runBare(platform, server, context.signal)
      await writeObjects(store, '01_inbox', part)
      pairs.push({ bare, worker: await loadWaiting(platform, count, context.signal) })
    }
    return toFigures(pairs)
  })
}

function runBare(
  { config, folders }: BenchPlatform,
  { settings }: Versitygw,
  signal: AbortSignal,
): Promise<BareFilesRun> {
  const order: BareObjectsOrder = {
    postgres: ownerSettings(config, localPassword(folders)),
    bucket: { ...settings, endpoint: settings.endpoint.origin },
    ...{ table: bareTable, inbox: 'bare-inbox', archive: 'bare-archive' },
  }
  return runProgram('bare-objects', order, signal)
}

function toFigures(pairs: readonly Pair[]): Figure[] {
  const runs = pairs.map(({ worker }) => worker)
  const rates = runs.map(({ unitsPerSecond }) => unitsPerSecond)
  const limits = pairs.map(({ bare }) => bare.files / bare.seconds)
  const ratios = rates.map((rate, index) => rate / (limits[index] ?? NaN))
  return [
    {
      ...{ name: 'small-files-s3', unit: 'files/s', note: noteOf(runs), limit: median(limits) },
      ...medianWithSpread(rates),
    },
    { name: 'small-files-s3, ratio', unit: 'of the bare loop', ...medianWithSpread(ratios) },
  ]
}
