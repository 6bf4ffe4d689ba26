import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sharedHome } from '../../infra/local/folders.ts'
import { runProgram } from './base-images/run-program.ts'

/** How the tests start an engine. */
export type EngineSetup = {
  readonly args: readonly string[]
  /** Folder of its sockets. The command lines of its processes contain this path. */
  readonly execRoot: string
  /** Prepares the machine before the first start. */
  readonly prepare?: () => Promise<void>
  /** Reverts what `prepare` has changed. */
  readonly revert?: () => Promise<void>
}

/** The engine that the docker command uses by default. */
export const defaultEngine: EngineSetup = { args: [], execRoot: '/var/run/docker' }

/** The images of the second engine stay here between runs. Only one engine at a time can use it. */
const dataRoot = join(sharedHome, 'test-engine')
const bridge = { name: 'av-telemetry0', address: '10.213.0.1/24' }

/**
 * A second engine with separate folders, sockets and default bridge.
 *
 * Two engines would use iptables chains with the same names, and each engine empties its chains when
 * it starts. So the second engine does not change iptables; the rules below replace its chains. It
 * also gets no address pools: with them it would remove the bridge of the first engine when it
 * restarts.
 */
export function secondEngine(): EngineSetup {
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
    revert: async () => {
      if (before === undefined) delete process.env['DOCKER_HOST']
      else process.env['DOCKER_HOST'] = before
      await removeNetwork()
      await removeWithMounts(folder)
    },
  }
}

/** Address ranges of container networks: of our bridge, and the engine's defaults. */
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

/** Ignores errors, because an interrupted run may have left only some of the rules. */
async function removeNetwork(): Promise<void> {
  for (const rule of rules) await changeRule('-D', rule).catch(() => undefined)
  await runProgram('ip', ['link', 'delete', bridge.name]).catch(() => undefined)
}

async function changeRule(change: string, [table = '', chain = '', ...match]: readonly string[]) {
  await runProgram('iptables', ['-w', '-t', table, change, chain, ...match])
}

/** Unmounts first, because an engine that stops leaves its network namespaces mounted. */
async function removeWithMounts(folder: string): Promise<void> {
  const paths = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ').slice(1, 2))
    .filter((path) => path.startsWith(`${folder}/`))
  for (const path of paths.reverse()) await runProgram('umount', [path])
  rmSync(folder, { recursive: true, force: true })
}
