import { spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { root } from '../../scripts/platform/local-access.ts'
import type { Servers } from './servers.ts'
import { ServiceProcess } from './service-process.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** The version that an upgrade comes from: the last commit before the ledgers name their pipeline. */
const previousCommit = '5ada03cc2bd6e8bd7eb4dd473010ad20d40884f0'

/** What bundling and planning its services needs; the packages are those of this version. */
const sources = ['services', 'infra', 'package.json', 'tsconfig.json']
const roles = ['provision', 'producer', 'consumer'] as const
type PreviousRole = (typeof roles)[number]

type Plan = { readonly name: string; readonly env: Readonly<Record<string, string>> }

/** What is called of the previous version's own `infra`. */
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

  /** Why it cannot be made here; undefined where it can. */
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

  /** Starts a service of it with the environment that its own topology writes. */
  start(
    role: PreviousRole,
    instance: number,
    { config, folders }: Pick<Servers, 'config' | 'folders'>,
  ): ServiceProcess {
    const { toConfig, localPlacement, topologyOf, servicesOf } = this.#infra
    const known = toConfig(knownPart(config, toConfig({})))
    const plans = servicesOf(topologyOf(known, localPlacement(known, folders), 1))
    const name = `${role}-${instance}`
    const plan = plans.find((each) => each.name === name)
    if (plan === undefined) throw new Error(`the previous version has no ${name}`)
    const bundle = join(this.#folder.path, 'bundles', `${role}.mjs`)
    return new ServiceProcess(`previous ${name}`, bundle, plan.env)
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
  if (archive.status !== 0) throw new Error(`git archive: ${archive.stderr.toString()}`)
  const unpacked = spawnSync('tar', ['-x', '-C', folder], { input: archive.stdout })
  if (unpacked.status !== 0) throw new Error(`tar: ${unpacked.stderr.toString()}`)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
}

async function importInfra(folder: string): Promise<PreviousInfra> {
  const files = ['config.ts', 'local/placement.ts', 'topology.ts', 'bundles.ts']
  const importOne = (file: string) =>
    import(pathToFileURL(join(folder, 'infra', file)).href) as Promise<object>
  const modules = await Promise.all(files.map(importOne))
  return Object.assign({}, ...modules) as PreviousInfra
}

/** The settings of a configuration that another one has as well: this version may have more. */
function knownPart(value: unknown, model: unknown): unknown {
  if (typeof value !== 'object' || typeof model !== 'object') return value
  const known = (model ?? {}) as Readonly<Record<string, unknown>>
  const entries = Object.entries(value ?? {}).filter(([key]) => key in known)
  return Object.fromEntries(entries.map(([key, each]) => [key, knownPart(each, known[key])]))
}
