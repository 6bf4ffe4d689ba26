import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { loadConfig } from '../../infra/config/config.ts'
import { sleep } from '../../services/runtime/retry.ts'
import { root } from '../platform/paths.ts'
import { startedLine } from '../platform/running-platform.ts'
import { scratchPorts } from '../ports/scratch-ports.ts'
import type { Bench, BenchContext, Figure } from './bench.ts'
import { medianWithSpread } from './bench.ts'
import { residentMegabytes, usageOf } from './machine.ts'

/** Benchmarks of the user's commands, measured on the commands themselves. */

const maxStartSeconds = 10
const maxSlowerSeconds = 1
const maxRestMegabytes = 1_024
const maxRestCores = 0.1
const minVehicles = 5_000
/** The share of its readings that a fleet must get acknowledged. */
const minAcknowledgedShare = 0.9
const fleetSizes = [1_000, 2_000, 3_500, 5_000, 7_500, 10_000]

/** A running command of this clone with a separate state folder. */
class UserCommand {
  readonly #child
  #output = ''

  constructor(home: string, name: string, args: readonly string[]) {
    const bootstrap = join(root, 'scripts', 'bootstrap.mjs')
    this.#child = spawn(process.execPath, [bootstrap, name, ...args], {
      env: { ...process.env, AV_TELEMETRY_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
  }

  get output(): string {
    return this.#output
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async until(condition: () => Promise<boolean> | boolean, signal: AbortSignal): Promise<void> {
    while (!(await condition())) {
      if (this.#child.exitCode !== null)
        throw new Error(`the command ended early:\n${this.#output}`)
      signal.throwIfAborted()
      await sleep(20, signal)
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
  }
}

/** Runs `work` with a temporary state folder and settings for free ports. */
async function withHome<T>(
  context: BenchContext,
  work: (home: Home) => Promise<T>,
  own: readonly string[] = [],
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'av-telemetry-bench-'))
  chmodSync(home, 0o755)
  const settings = [
    ...context.settings,
    ...(await scratchPorts()),
    'ingress.hostAddress=127.0.0.1',
    'ingress.addressFile=""',
    ...own,
  ]
  const args = ['-c', context.configFile, ...settings.flatMap((text) => ['--set', text])]
  try {
    return await work({ home, args, config: loadConfig(context.configFile, settings) })
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

type Home = {
  readonly home: string
  readonly args: readonly string[]
  readonly config: PlatformConfig
}

/** Runs `npm start` until the first row of this start is stored. Returns the seconds until then. */
async function startPlatform(
  { home, args, config }: Home,
  signal: AbortSignal,
  more: readonly string[] = [],
) {
  const since = performance.now()
  const platform = new UserCommand(home, 'start', [...args, ...more])
  await platform.until(() => platform.output.includes(startedLine), signal)
  if (more.length === 0) await platform.until(() => hasRows(config), signal)
  return { platform, seconds: (performance.now() - since) / 1000 }
}

/** Whether a reading of this start is stored, according to the metrics of its consumer. */
async function hasRows({ consumer }: PlatformConfig): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${consumer.opsHostPort}/metrics`)
  return /telemetry_offsets_settled_total\{[^}]*outcome="stored"[^}]*\} [1-9]/.test(
    await response.text(),
  )
}

export const start: Bench = {
  name: 'start',
  description: 'npm start until the first row, without TLS and with it; not the first start ever',
  measure: (context) =>
    withHome(context, (plain) =>
      withHome(
        context,
        async (withTls) => {
          const runs: Record<'plain' | 'tls', number[]> = { plain: [], tls: [] }
          for (let run = 0; run <= context.runs; run += 1) {
            context.printProgress(
              run === 0 ? 'first starts, not counted' : `run ${run} of ${context.runs}`,
            )
            const pair = [
              await timeStart(plain, context),
              await timeStart(withTls, context),
            ] as const
            if (run === 0) continue
            runs.plain.push(pair[0])
            runs.tls.push(pair[1])
          }
          return startFigures(runs)
        },
        ['ingress.tls.selfSigned=true'],
      ),
    ),
}

async function timeStart(home: Home, { signal }: BenchContext): Promise<number> {
  const { platform, seconds } = await startPlatform(home, signal)
  await platform.stop()
  return seconds
}

function startFigures({ plain, tls }: Record<'plain' | 'tls', readonly number[]>): Figure[] {
  const time = medianWithSpread(plain)
  const slower = medianWithSpread(tls.map((seconds, run) => seconds - (plain[run] ?? NaN)))
  return [
    {
      ...{ name: 'start', ...time, unit: 's' },
      ...{ bar: `≤ ${maxStartSeconds} s`, met: time.value <= maxStartSeconds },
    },
    {
      ...{ name: 'start, slower with TLS', ...slower, unit: 's' },
      ...{ bar: `≤ ${maxSlowerSeconds} s`, met: slower.value <= maxSlowerSeconds },
      note: 'ingress.tls.selfSigned; the median of the differences',
    },
  ]
}

export const rest: Bench = {
  name: 'rest',
  description: 'memory and CPU of the platform with ten vehicles',
  measure: (context) =>
    withHome(context, async (home) => {
      const { platform } = await startPlatform(home, context.signal)
      // The JIT compilers work for more than a minute after the start.
      const [calmSeconds, measuredSeconds] = context.isQuick ? [2, 5] : [90, 60]
      await sleep(calmSeconds * 1000, context.signal)
      const before = usageOf(platform.pid)
      await sleep(measuredSeconds * 1000, context.signal)
      const cores = (usageOf(platform.pid) - before) / measuredSeconds
      const megabytes = residentMegabytes(platform.pid)
      await platform.stop()
      return [
        {
          name: 'rest, memory',
          value: megabytes,
          unit: 'MB',
          bar: '≤ 1 GB',
          met: megabytes <= maxRestMegabytes,
        },
        {
          name: 'rest, CPU',
          value: cores,
          unit: 'cores',
          bar: '≤ 10 % of a core',
          met: cores <= maxRestCores,
        },
      ]
    }),
}

export const fleet: Bench = {
  name: 'fleet',
  description: 'vehicles that one process can simulate at 1 Hz',
  measure: (context) =>
    withHome(context, async (home) => {
      const { platform } = await startPlatform(home, context.signal, [
        '--set',
        'fleet.numVehicles=0',
      ])
      let best: Figure = { name: 'fleet', value: 0, unit: 'vehicles' }
      try {
        for (const vehicles of fleetSizes) {
          context.printProgress(`${vehicles} vehicles`)
          const { rate, cores } = await driveFleet(home, vehicles, context)
          if (rate < minAcknowledgedShare * vehicles) break
          const note = `${Math.round(rate)} readings/s acknowledged; ${cores.toFixed(2)} cores, platform on the same machine`
          best = { ...best, value: vehicles, note }
        }
      } finally {
        await platform.stop()
      }
      const { value } = best
      return [{ ...best, bar: `≥ ${minVehicles} on one core`, met: value >= minVehicles }]
    }),
}

/** Acknowledged readings per second of a fleet, and the cores it uses. */
async function driveFleet({ home, config }: Home, vehicles: number, context: BenchContext) {
  const host = `127.0.0.1:${config.ingress.hostPort}`
  const options = ['--num-vehicles', String(vehicles), '--report-interval', '1', '--host', host]
  const driving = new UserCommand(home, 'fleet', options)
  const acknowledged = (): number[] =>
    [...driving.output.matchAll(/^ {2}(\d+) acknowledged/gm)].map(([, count]) => Number(count))
  // The fleet prints a line every five seconds. The first lines belong to the start.
  const [skipped, counted] = context.isQuick ? [2, 2] : [4, 4]
  await driving.until(() => acknowledged().length >= skipped, context.signal)
  const before = {
    at: performance.now(),
    cpu: usageOf(driving.pid),
    count: acknowledged().at(-1) ?? 0,
  }
  await driving.until(() => acknowledged().length >= skipped + counted, context.signal)
  const seconds = (performance.now() - before.at) / 1000
  const rate = ((acknowledged().at(-1) ?? 0) - before.count) / seconds
  const cores = (usageOf(driving.pid) - before.cpu) / seconds
  await driving.stop()
  return { rate, cores }
}
