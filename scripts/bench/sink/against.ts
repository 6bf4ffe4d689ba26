import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../../infra/checks/user-error.ts'
import { root } from '../../platform/paths.ts'
import type { BenchContext, Figure } from '../bench.ts'
import { median, medianWithSpread } from '../bench.ts'

/** Compares `sink` of this clone with `sink` of another clone, e.g. of an earlier commit, in turns. */

const fullPairs = 7
const leastRate = 0.95
const maxCpu = 1.03

/** The result of one run of `sink` with one consumer. */
type Run = { readonly rowsPerSecond: number; readonly cpuSecondsPerMillion: number }
type Pair = { readonly here: Run; readonly there: Run }

/** @param folder the other clone, with its npm packages */
export async function measureAgainst(folder: string, context: BenchContext): Promise<Figure[]> {
  if (!existsSync(join(folder, 'node_modules')))
    throw new UserError(`${folder} is not a clone with npm packages. Run npm ci in it.`)
  const { printProgress, pairs: count = context.isQuick ? 1 : fullPairs } = context
  const pairs: Pair[] = []
  while (pairs.length < count) {
    printProgress(`pair ${pairs.length + 1} of ${count}`)
    if (pairs.length % 2 === 0) {
      const there = await runSink(folder, context)
      pairs.push({ there, here: await runSink(root, context) })
    } else {
      const here = await runSink(root, context)
      pairs.push({ there: await runSink(folder, context), here })
    }
    const [last] = pairs
      .slice(-1)
      .map(({ here, there }) => `${textOf(here)}, ${textOf(there)} there`)
    printProgress(
      `${last}; median so far: rate ${median(pairs.map(rateOf)).toFixed(3)}, CPU ${median(pairs.map(cpuOf)).toFixed(3)}`,
    )
  }
  return toFigures(pairs)
}

const rateOf = ({ here, there }: Pair): number => here.rowsPerSecond / there.rowsPerSecond
const cpuOf = ({ here, there }: Pair): number =>
  here.cpuSecondsPerMillion / there.cpuSecondsPerMillion
const textOf = ({ rowsPerSecond, cpuSecondsPerMillion }: Run): string =>
  `${Math.round(rowsPerSecond)} rows/s and ${cpuSecondsPerMillion.toFixed(2)} CPU s a million`

function toFigures(pairs: readonly Pair[]): Figure[] {
  const [rate, cpu] = [medianWithSpread(pairs.map(rateOf)), medianWithSpread(pairs.map(cpuOf))]
  const note = `${pairs.length} pairs`
  return [
    {
      ...{ name: 'sink, rate', ...rate, unit: 'of the other clone', note },
      ...{ bar: `≥ ${leastRate}`, met: rate.value >= leastRate },
    },
    {
      ...{ name: 'sink, CPU for a row', ...cpu, unit: 'of the other clone', note },
      ...{ bar: `≤ ${maxCpu}`, met: cpu.value <= maxCpu },
    },
  ]
}

/** Runs `npm run bench -- sink` of a clone. */
async function runSink(folder: string, { records, signal }: BenchContext): Promise<Run> {
  signal.throwIfAborted()
  const bootstrap = join(folder, 'scripts', 'bootstrap.mjs')
  const args = [bootstrap, 'bench', 'sink', '--quick', '--records', String(records), '--json']
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
  const stop = (): void => {
    child.kill('SIGINT')
  }
  signal.addEventListener('abort', stop)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  await once(child, 'close')
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  if (child.exitCode !== 0) throw new UserError(`npm run bench -- sink failed in ${folder}.`)
  return toRun(JSON.parse(output) as readonly JsonFigure[])
}

type JsonFigure = Pick<Figure, 'name' | 'value'> & { readonly note: string | null }

/** The note of the figure has the cores that the consumer used. */
function toRun(figures: readonly JsonFigure[]): Run {
  const sink = figures.find(({ name }) => name === 'sink')
  const cores = Number(/consumers ([\d.]+)/.exec(sink?.note ?? '')?.[1])
  if (sink === undefined || Number.isNaN(cores)) throw new Error('sink has printed no figures')
  return { rowsPerSecond: sink.value, cpuSecondsPerMillion: (cores * 1_000_000) / sink.value }
}
