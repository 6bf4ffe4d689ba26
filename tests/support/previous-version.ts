import { spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { root } from '../../scripts/platform/paths.ts'
import type { Servers } from './servers.ts'
import { ServiceProcess } from './service-process.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/**
 * The version that upgrade tests start from: the last commit before ledgers had a pipeline name.
 */
const previousCommit = '5ada03cc2bd6e8bd7eb4dd473010ad20d40884f0'

/**
 * The sources needed to bundle and plan its services. The packages are those of the current
 * version.
 */
const sources = ['services', 'infra', 'package.json', 'tsconfig.json']
const roles = ['provision', 'producer', 'consumer'] as const
type PreviousRole = (typeof roles)[number]

type Plan = { readonly name: string; readonly env: Readonly<Record<string, string>> }

/** The functions of the previous version's `infra` that are called here. */
type PreviousInfra = {
  readonly toConfig: (value: unknown) => PlatformConfig
  readonly localPlacement: (config: PlatformConfig, folders: Servers['folders']) => unknown
  readonly topologyOf: (config: PlatformConfig, placement: unknown, seed: number) => unknown
  readonly servicesOf: (topology: unknown) => readonly Plan[]
  readonly bundleServices: (
    root: string,
    target: string,
    outputs: Readonly<Record<string, string>>,
  ) => void
}

/** The services of the previous version, bundled from its sources in Git. */
export class PreviousVersion implements Disposable {
  readonly #folder: TemporaryFolder
  readonly #infra: PreviousInfra

  private constructor(folder: TemporaryFolder, infra: PreviousInfra) {
    this.#folder = folder
    this.#infra = infra
  }

  /** Why the previous version cannot be built here; undefined if it can. */
  static unavailableReason(): string | undefined {
    const { status, stderr, error } = git(['cat-file', '-e', `${previousCommit}^{commit}`])
    if (status === 0) return undefined
    const reason = error?.message ?? stderr.toString().trim()
    return `The commit ${previousCommit} is not in the history of this clone (${reason}).`
  }

  static async build(): Promise<PreviousVersion> {
    const folder = new TemporaryFolder()
    try {
      extract(folder.path)
      const infra = await importInfra(folder.path)
      const outputs = Object.fromEntries(roles.map((role) => [role, role]))
      infra.bundleServices(folder.path, join(folder.path, 'bundles'), outputs)
      return new PreviousVersion(folder, infra)
    } catch (error) {
      folder[Symbol.dispose]()
      throw error
    }
  }

  /**
   * Starts one of its services with the environment that its own topology defines.
   *
   * @param place `brokers` are addresses without a login, which this version does not know
   */
  start(
    role: PreviousRole,
    instance: number,
    place: Pick<Servers, 'config' | 'folders'> & { readonly brokers: string },
  ): ServiceProcess {
    const { config, folders, brokers } = place
    const { toConfig, localPlacement, topologyOf, servicesOf } = this.#infra
    const previousConfig = toConfig(knownPart(config, toConfig({})))
    const plans = servicesOf(topologyOf(previousConfig, localPlacement(previousConfig, folders), 1))
    const name = `${role}-${instance}`
    const plan = plans.find((each) => each.name === name)
    if (plan === undefined) throw new Error(`the previous version has no service ${name}`)
    const bundle = join(this.#folder.path, 'bundles', `${role}.mjs`)
    return new ServiceProcess(`previous ${name}`, bundle, {
      ...plan.env,
      KAFKA_BROKERS: brokers,
    })
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

function git(args: readonly string[]) {
  return spawnSync('git', args, { cwd: root, maxBuffer: 2 ** 28 })
}

function extract(folder: string): void {
  const archive = git(['archive', '--format=tar', previousCommit, ...sources])
  if (archive.status !== 0) throw new Error(`git archive failed: ${archive.stderr.toString()}`)
  const unpacked = spawnSync('tar', ['-x', '-C', folder], { input: archive.stdout })
  if (unpacked.status !== 0) throw new Error(`tar failed: ${unpacked.stderr.toString()}`)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
}

async function importInfra(folder: string): Promise<PreviousInfra> {
  const files = ['config.ts', 'local/placement.ts', 'topology.ts', 'bundles.ts']
  const importFile = (file: string) =>
    import(pathToFileURL(join(folder, 'infra', file)).href) as Promise<object>
  const modules = await Promise.all(files.map(importFile))
  return Object.assign({}, ...modules) as PreviousInfra
}

/** The settings of `value` that `model` has too. The current version may have more settings. */
function knownPart(value: unknown, model: unknown): unknown {
  if (typeof value !== 'object' || typeof model !== 'object') return value
  const known = (model ?? {}) as Readonly<Record<string, unknown>>
  const entries = Object.entries(value ?? {}).filter(([key]) => key in known)
  return Object.fromEntries(entries.map(([key, each]) => [key, knownPart(each, known[key])]))
}
