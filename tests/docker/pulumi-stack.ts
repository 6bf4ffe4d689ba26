import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root } from '../../scripts/platform/paths.ts'
import { runStackProgram } from './run-stack-program.ts'
import type { Outputs, Stack, StackKind } from './stack.ts'
import { noChanges } from './stack.ts'

/** Runs the Pulumi program with the pulumi command and the real providers. */
export const pulumi: StackKind = {
  title: 'Pulumi',
  create: (name, folder) => PulumiStack.create(name, folder, 'docker'),
}

/** The same on the cluster of kubectl's context. */
export const clusterPulumi: StackKind = {
  title: 'Pulumi',
  create: (name, folder) => PulumiStack.create(name, folder, 'kubernetes'),
}

/** The providers of both targets: Pulumi needs all that are among the packages of the program. */
const providers = ['command', 'docker', 'kubernetes', 'random']

/** Whether the pulumi command and the plugins are on the PATH. The tests do not download them. */
export function isPulumiInstalled(): boolean {
  const programs = ['pulumi', ...providers.map((name) => `pulumi-resource-${name}`)]
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return programs.every((name) => folders.some((folder) => existsSync(join(folder, name))))
}

class PulumiStack implements Stack {
  readonly #name: string
  readonly #folder: string
  readonly #configFile: string

  private constructor(name: string, folder: string) {
    this.#name = name
    this.#folder = folder
    this.#configFile = join(folder, 'Pulumi.stack.yaml')
  }

  static async create(name: string, folder: string, target: string): Promise<PulumiStack> {
    const stack = new PulumiStack(name, folder)
    for (const part of ['home', 'backend']) mkdirSync(join(folder, part))
    await stack.#pulumi('stack', 'init', name, '--no-select', '--secrets-provider', 'passphrase')
    // Pulumi has no option that writes this file elsewhere.
    renameSync(join(root, `Pulumi.${name}.yaml`), stack.#configFile)
    await stack.#pulumi('config', 'set', 'target', target, ...stack.#stackOptions())
    return stack
  }

  async up(settings: readonly string[]): Promise<Outputs> {
    await this.#configure(settings)
    await this.#pulumi(
      'up',
      '--yes',
      '--skip-preview',
      '--non-interactive',
      ...this.#stackOptions(),
    )
    const outputs = await this.#pulumi('stack', 'output', '--json', '--stack', this.#name)
    return JSON.parse(outputs) as Outputs
  }

  async preview(settings: readonly string[]): Promise<string> {
    await this.#configure(settings)
    try {
      await this.#pulumi('preview', '--expect-no-changes', '--diff', ...this.#stackOptions())
      return noChanges
    } catch (error) {
      return (error as Error).message
    }
  }

  async destroy(): Promise<void> {
    const options = ['--yes', '--skip-preview', '--non-interactive', ...this.#stackOptions()]
    await this.#pulumi('destroy', ...options)
  }

  async #configure(settings: readonly string[]): Promise<void> {
    const value = JSON.stringify(settings)
    await this.#pulumi('config', 'set', 'av-telemetry:set', value, ...this.#stackOptions())
  }

  #stackOptions(): string[] {
    return ['--stack', this.#name, '--config-file', this.#configFile]
  }

  #pulumi(...args: readonly string[]): Promise<string> {
    const env = {
      PULUMI_HOME: join(this.#folder, 'home'),
      PULUMI_BACKEND_URL: `file://${join(this.#folder, 'backend')}`,
      PULUMI_CONFIG_PASSPHRASE: 'passphrase of a temporary test stack',
      PULUMI_SKIP_UPDATE_CHECK: '1',
    }
    return runStackProgram('pulumi', [...args, '--color', 'never'], env)
  }
}
