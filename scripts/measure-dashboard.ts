import { loadavg } from 'node:os'
import { MachineError } from '../infra/machine-error.ts'
import { BarPlatform } from './dashboard-bars/bar-platform.ts'
import type { Figure } from './bench/bench.ts'
import { inTable } from './bench/report.ts'
import type { Bar } from './dashboard-bars/bar.ts'
import { map } from './dashboard-bars/map.ts'
import { memory } from './dashboard-bars/memory.ts'
import { stream } from './dashboard-bars/stream.ts'
import { track } from './dashboard-bars/track.ts'
import { sayingMistakes } from './mistakes.ts'

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

async function measure(bar: Bar, signal: AbortSignal): Promise<Figure[]> {
  const [load = 0] = loadavg()
  say(`${bar.name}: ${bar.about} (load of the machine before: ${load.toFixed(1)})`)
  await using platform = await BarPlatform.start(signal)
  const measuring = bar.measure({
    platform,
    say: (text) => {
      say(`  ${text}`)
    },
  })
  // Whoever ends it has the platform ended first.
  return await Promise.race([measuring, endOf(signal)])
}

/** Rejects when the signal aborts. */
function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })
}

const ending = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    ending.abort(new MachineError(`Ended by ${name}.`))
  })
}
process.exitCode = await sayingMistakes(async () => {
  const figures: Figure[] = []
  for (const bar of chosenBars(process.argv.slice(2))) {
    figures.push(...(await measure(bar, ending.signal)))
  }
  process.stdout.write(`${inTable(figures)}\n`)
  return 0
}, process.stderr)
// What an ended measurement has under way is waited for by nobody.
if (ending.signal.aborted) process.exit()
