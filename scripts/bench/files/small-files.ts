import { localPassword, ownerSettings } from '../../platform/database.ts'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import { median, medianWithSpread } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { withDeclarations } from '../declared/declared-run.ts'
import type { WorkerRun } from '../worker-run.ts'
import { runProgram } from '../program.ts'
import type { BareFilesOrder, BareFilesRun } from '../programs/bare-files.ts'
import { loadWaiting, noteOf } from './load-waiting.ts'
import {
  declaration,
  files,
  folderOf,
  pipeline,
  quickFiles,
  tableLike,
  writeFiles,
} from './dropped-files.ts'

const leastRatio = 0.5
const bareTable = 'bare_file'

type Pair = { readonly worker: WorkerRun; readonly bare: BareFilesRun }

export const smallFiles: Bench = {
  name: 'small-files',
  description: 'small files a second of one worker, beside a bare list-read-COPY-move loop',
  measure: (context) =>
    withDeclarations({ [pipeline]: declaration }, async (folder) => {
      const settings = [`worker.folder=${folder}`, 'files.enabled=true']
      await using platform = await context.open(...settings)
      await platform.pool.query(tableLike(bareTable))
      const archived = context.archived ?? 0
      if (archived > 0) await fillArchive(platform, archived, context)
      const pairs: Pair[] = []
      while (pairs.length < (context.pairs ?? context.runs)) {
        context.printProgress(`pair ${pairs.length + 1}`)
        pairs.push(await measurePair(platform, context, pairs.length))
      }
      return toFigures(pairs, archived)
    }),
}

/** Files that were loaded earlier, as rows of the table and as files in the archive. */
async function fillArchive(
  platform: BenchPlatform,
  count: number,
  { printProgress }: BenchContext,
): Promise<void> {
  printProgress(`writing ${count} archived files`)
  writeFiles(folderOf(platform, '03_archive'), 10_000_000, count)
  await platform.pool.query(
    `INSERT INTO file (bucket, key, size, etag, modified_at, pipeline, sha256, lines, rejected, target_key, archived_at)
     SELECT $1, '01_inbox/archived-' || number, 600, number, now(), $2, sha256(number::text::bytea), 20, 0,
       '03_archive/orders-' || (10000000 + number) || '.csv', now()
     FROM generate_series(0, $3::int - 1) AS number`,
    [platform.config.objects.bucket, pipeline, count],
  )
  await platform.pool.query('VACUUM (ANALYZE) file')
}

async function measurePair(
  platform: BenchPlatform,
  { isQuick, signal }: BenchContext,
  number: number,
): Promise<Pair> {
  const count = isQuick ? quickFiles : files
  const first = number * count
  writeFiles(folderOf(platform, 'bare-inbox'), first, count)
  const bare = () => runBare(platform, signal)
  const worker = () => runWorker(platform, { first, count }, signal)
  // Each is the first one in every second pair.
  if (number % 2 === 0) {
    const run = await bare()
    return { bare: run, worker: await worker() }
  }
  const run = await worker()
  return { worker: run, bare: await bare() }
}

function runBare(platform: BenchPlatform, signal: AbortSignal): Promise<BareFilesRun> {
  const archive = folderOf(platform, 'bare-archive')
  writeFiles(archive, 0, 0)
  const order: BareFilesOrder = {
    postgres: ownerSettings(platform.config, localPassword(platform.folders)),
    ...{ table: bareTable, inbox: folderOf(platform, 'bare-inbox'), archive },
  }
  return runProgram('bare-files', order, signal)
}

async function runWorker(
  platform: BenchPlatform,
  { first, count }: { readonly first: number; readonly count: number },
  signal: AbortSignal,
): Promise<WorkerRun> {
  writeFiles(folderOf(platform, '01_inbox'), first, count)
  return loadWaiting(platform, count, signal)
}

/** The median of the ratios decides, because the machine's speed changes from pair to pair. */
function toFigures(pairs: readonly Pair[], archived: number): Figure[] {
  const limitOf = ({ bare }: Pair): number => bare.files / bare.seconds
  const ratio = medianWithSpread(pairs.map((pair) => pair.worker.unitsPerSecond / limitOf(pair)))
  const note = `${archived} archived files; ${noteOf(pairs.map(({ worker }) => worker))}`
  return [
    {
      ...{ name: 'small-files', unit: 'files/s', note },
      ...medianWithSpread(pairs.map(({ worker }) => worker.unitsPerSecond)),
      limit: median(pairs.map(limitOf)),
    },
    {
      ...{ name: 'small-files, ratio', unit: 'of the bare loop', ...ratio },
      ...{ bar: `≥ ${leastRatio}`, met: ratio.value >= leastRatio },
    },
  ]
}
