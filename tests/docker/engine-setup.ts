import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sharedHome } from '../../infra/local/folders.ts'
import { runProgram } from './base-images/run-program.ts'

/** How an engine of ours is started. */
export type EngineSetup = {
  readonly args: readonly string[]
  /** Where it keeps its sockets; the processes that belong to it name it on their command lines. */
  readonly execRoot: string
  /** What the engine needs of the machine, made before its first start and taken back after. */
  readonly prepare?: () => Promise<void>
  readonly takeBack?: () => Promise<void>
}

/** The one that the docker command looks for by itself. */
export const engineOfTheMachine: EngineSetup = { args: [], execRoot: '/var/run/docker' }

/** Its images stay from run to run; one engine at a time uses them. */
const dataRoot = join(sharedHome, 'test-engine')
const bridge = { name: 'av-telemetry0', address: '10.213.0.1/24' }

/**
 * A second engine that takes nothing from the first: folders, sockets and default bridge are its
 * own. Two engines share the names of their iptables chains, and each empties them as it starts:
 * so this one leaves iptables alone, and a few rules after all others stand in for its own. It is
 * given no address pools either: with them it would remove the first one's bridge at its restart.
 */
export function engineBeside(): EngineSetup {
  const folder = mkdtempSync(join(tmpdir(), 'av-engine-'))
  const execRoot = join(folder, 'run')
  const host = `unix://${join(folder, 'docker.sock')}`
  const args = {
    'data-root': dataRoot,
    'exec-root': execRoot,
    pidfile: `${dataRoot}.pid`,
    host,
    bridge: bridge.name,
    iptables: 'false',
    'containerd-namespace': 'av-telemetry',
    'containerd-plugins-namespace': 'av-telemetry-plugins',
  }
  const before = process.env['DOCKER_HOST']
  return {
    args: Object.entries(args).map(([name, value]) => `--${name}=${value}`),
    execRoot,
    prepare: async () => {
      process.env['DOCKER_HOST'] = host
      mkdirSync(dataRoot, { recursive: true })
      await removeNetwork()
      await makeNetwork()
    },
    takeBack: async () => {
      if (before === undefined) delete process.env['DOCKER_HOST']
      else process.env['DOCKER_HOST'] = before
      await removeNetwork()
      await removeWithMounts(folder)
    },
  }
}

/** Where engines take the addresses of their networks from: our bridge's, and what is built into them. */
const pools = [bridge.address, '172.16.0.0/12', '192.168.0.0/16']

const rules = pools.flatMap((pool) => [
  ['filter', 'FORWARD', '-s', pool, '-j', 'ACCEPT'],
  [
    'filter',
    'FORWARD',
    '-d',
    pool,
    ...['-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED'],
    '-j',
    'ACCEPT',
  ],
  ['nat', 'POSTROUTING', '-s', pool, '!', '-d', pool, '-j', 'MASQUERADE'],
])

async function makeNetwork(): Promise<void> {
  await runProgram('ip', ['link', 'add', bridge.name, 'type', 'bridge'])
  await runProgram('ip', ['address', 'add', bridge.address, 'dev', bridge.name])
  await runProgram('ip', ['link', 'set', bridge.name, 'up'])
  for (const rule of rules) await changeRule('-A', rule)
}

/** What is not there needs no removal: a run that was cut short may have left any part of it. */
async function removeNetwork(): Promise<void> {
  for (const rule of rules) await changeRule('-D', rule).catch(() => undefined)
  await runProgram('ip', ['link', 'delete', bridge.name]).catch(() => undefined)
}

async function changeRule(change: string, [table = '', chain = '', ...match]: readonly string[]) {
  await runProgram('iptables', ['-w', '-t', table, change, chain, ...match])
}

/** An engine leaves its network namespaces mounted. */
async function removeWithMounts(folder: string): Promise<void> {
  const paths = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ').slice(1, 2))
    .filter((path) => path.startsWith(`${folder}/`))
  for (const path of paths.reverse()) await runProgram('umount', [path])
  rmSync(folder, { recursive: true, force: true })
}
