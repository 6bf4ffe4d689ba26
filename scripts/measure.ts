import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { readRunRecord } from '../infra/local/run-record.ts'
import { root } from './local-access.ts'
import { inColumns } from './table.ts'

// `npm run measure`: how long a start takes, what the platform takes at rest, what a big fleet takes.
// Its platform is one of its own, on ports of its own; figures are of this machine and this moment.

const settings = {
  'postgres.hostPort': 25_432,
  'zookeeper.hostPort': 22_181,
  'kafka.hostPort': 29_092,
  'ingress.hostPort': 25_001,
  'producer.hostPort': 25_101,
  'producer.opsHostPort': 25_301,
  'consumer.opsHostPort': 25_401,
  'ingress.addressFile': '""',
}
const overrides = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
const [restSeconds, fleetSeconds, bigFleet] = [30, 30, 1_000]
/** Clock ticks a second in /proc/PID/stat; the same on every Linux that Node runs on. */
const ticksPerSecond = 100

const home = mkdtempSync(join(tmpdir(), 'av-telemetry-measure-'))
chmodSync(home, 0o755)
const env = { ...process.env, AV_TELEMETRY_HOME: home }

function command(name: string, args: readonly string[]) {
  const bootstrap = join(root, 'scripts', 'bootstrap.mjs')
  return spawn(process.execPath, [bootstrap, name, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** The process and all below it. */
function treeOf(pid: number): number[] {
  const parents = readdirSync('/proc').flatMap((name) => {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined
    return stat ? [{ pid: Number(name), parent: Number(stat[1]) }] : []
  })
  const below = (top: number): number[] =>
    parents
      .filter(({ parent }) => parent === top)
      .flatMap((child) => [child.pid, ...below(child.pid)])
  return [pid, ...below(pid)]
}

/** The fields of /proc/PID/stat after the name, or undefined where the process is gone. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

const cpuSeconds = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const stat = statOf(pid)
    return sum + (Number(stat?.[11] ?? 0) + Number(stat?.[12] ?? 0)) / ticksPerSecond
  }, 0)

/** Proportional set size: memory that processes share is counted once. */
const megabytes = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    try {
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
      return sum + Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024
    } catch {
      return sum
    }
  }, 0)

async function startPlatform() {
  const since = Date.now()
  const platform = command('start', overrides)
  let output = ''
  platform.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  while (!output.includes('The platform runs.')) {
    if (platform.exitCode !== null) throw new Error(`npm start ended:\n${output}`)
    await wait(20)
  }
  while (!(await hasRows())) await wait(20)
  return { platform, seconds: (Date.now() - since) / 1000 }
}

/** Whether a vehicle of this start has a stored reading: its consumer's own count says so. */
async function hasRows(): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${settings['consumer.opsHostPort']}/metrics`)
  return /telemetry_offsets_settled_total\{outcome="stored"[^}]*\} [1-9]/.test(
    await response.text(),
  )
}

async function stop(platform: ReturnType<typeof command>): Promise<void> {
  platform.kill('SIGTERM')
  await once(platform, 'exit')
}

const rows: string[][] = []
const report = (what: string, value: string, bar: string): void => {
  rows.push([what, value, bar])
}

try {
  const cold = await startPlatform()
  report('first start → first row', `${cold.seconds.toFixed(1)} s`, '')
  await stop(cold.platform)
  const { platform, seconds } = await startPlatform()
  report('second start → first row', `${seconds.toFixed(1)} s`, '15 s')
  await wait(10_000)
  const all = treeOf(platform.pid ?? 0)
  const before = cpuSeconds(all)
  await wait(restSeconds * 1000)
  report('platform with 10 vehicles, CPU', share(cpuSeconds(all) - before, restSeconds), '')
  report('platform with 10 vehicles, memory', `${megabytes(all).toFixed(0)} MB`, '1200 MB')
  for (const { name, pid } of readRunRecord(home)?.processes ?? []) {
    report(`  ${name}`, `${megabytes(treeOf(pid)).toFixed(0)} MB`, '')
  }
  const fleet = command('fleet', ['--num-vehicles', String(bigFleet), '--report-interval', '1'])
  await wait(10_000)
  const vehicles = treeOf(fleet.pid ?? 0)
  const fleetBefore = cpuSeconds(vehicles)
  await wait(fleetSeconds * 1000)
  const cores = share(cpuSeconds(vehicles) - fleetBefore, fleetSeconds)
  report(`fleet of ${bigFleet} at 1 Hz, CPU`, cores, '0.50 cores')
  report(`fleet of ${bigFleet} at 1 Hz, memory`, `${megabytes(vehicles).toFixed(0)} MB`, '250 MB')
  await stop(fleet)
  await stop(platform)
} finally {
  rmSync(home, { recursive: true, force: true })
}
process.stdout.write(`${inColumns(['what', 'measured', 'bar'], rows)}\n`)

function share(cpu: number, wallSeconds: number): string {
  return `${(cpu / wallSeconds).toFixed(2)} cores`
}
