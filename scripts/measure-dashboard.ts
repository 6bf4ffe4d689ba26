import { loadavg } from 'node:os'
import { MachineError } from '../infra/machine-error.ts'
import { BarPlatform } from './dashboard-bars/bar-platform.ts'
import type { Bar, Figure } from './dashboard-bars/bar.ts'
import { map } from './dashboard-bars/map.ts'
import { memory } from './dashboard-bars/memory.ts'
import { stream } from './dashboard-bars/stream.ts'
import { track } from './dashboard-bars/track.ts'
import { sayingMistakes } from './mistakes.ts'
import { inColumns } from './table.ts'

// `npm run measure:dashboard [name …]`: what the dashboard promises of its speed and memory, each on
// a platform of its own; figures are of this machine and this moment.

const bars: readonly Bar[] = [map, stream, memory, track]

function chosenBars(names: readonly string[]): readonly Bar[] {
  const unknown = names.find((name) => !bars.some((bar) => bar.name === name))
  if (unknown === undefined) {
    return bars.filter(({ name }) => names.length === 0 || names.includes(name))
  }
  throw new MachineError(
    `There is no ${unknown}; known: ${bars.map(({ name }) => name).join(', ')}.`,
  )
}

/** Progress; standard output is for the result. */
const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

async function measure(bar: Bar, signal: AbortSignal): Promise<string[][]> {
  const [before] = loadavg()
  say(`${bar.name}: ${bar.about}`)
  await using platform = await BarPlatform.start(signal)
  const measuring = bar.measure({
    platform,
    say: (text) => {
      say(`  ${text}`)
    },
  })
  // Whoever ends it has the platform ended first.
  const figures = await Promise.race([measuring, endOf(signal)])
  return figures.map((figure) => [...toRow(figure), (before ?? 0).toFixed(1)])
}

/** Rejects when the signal aborts. */
function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })
}

function toRow({ name, value, unit, bar, met, note }: Figure): string[] {
  const measured = `${value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3))} ${unit}`
  return [name, measured, bar ?? '', met === undefined ? '' : met ? 'yes' : 'NO', note ?? '']
}

const ending = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    ending.abort(new MachineError(`Ended by ${name}.`))
  })
}
process.exitCode = await sayingMistakes(async () => {
  const rows: string[][] = []
  for (const bar of chosenBars(process.argv.slice(2))) {
    rows.push(...(await measure(bar, ending.signal)))
  }
  const head = ['what', 'measured', 'bar', 'met', 'note', 'load before']
  process.stdout.write(`${inColumns(head, rows)}\n`)
  return 0
}, process.stderr)
// What an ended measurement has under way is waited for by nobody.
if (ending.signal.aborted) process.exit()
