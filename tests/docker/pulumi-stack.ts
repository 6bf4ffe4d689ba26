import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/platform/paths.ts'
import { works } from './base-images/run-program.ts'
import { runStackProgram } from './run-stack-program.ts'
import type { Outputs, Stack, StackKind } from './stack.ts'
import { noChanges } from './stack.ts'

/** The Pulumi program, run by Pulumi itself with its real providers. */
export const pulumi: StackKind = {
  title: 'Pulumi',
  create: (name, folder) => PulumiStack.create(name, folder),
}

/** Whether the command and the provider's plugin are on the PATH: nothing is downloaded for the tests. */
export async function isPulumiHere(): Promise<boolean> {
  const programs = ['pulumi', 'pulumi-resource-docker']
  return (await Promise.all(programs.map((name) => works('which', [name])))).every(Boolean)
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

  static async create(name: string, folder: string): Promise<PulumiStack> {
    const stack = new PulumiStack(name, folder)
    for (const part of ['home', 'backend']) mkdirSync(join(folder, part))
    await stack.#pulumi('stack', 'init', name, '--no-select', '--secrets-provider', 'passphrase')
    // Written beside the program, whatever else is asked for.
    renameSync(join(root, `Pulumi.${name}.yaml`), stack.#configFile)
    return stack
  }

  async up(settings: readonly string[]): Promise<Outputs> {
    await this.#configure(settings)
    await this.#pulumi('up', '--yes', '--skip-preview', '--non-interactive', ...this.#which())
    const outputs = await this.#pulumi('stack', 'output', '--json', '--stack', this.#name)
    return JSON.parse(outputs) as Outputs
  }

  async preview(settings: readonly string[]): Promise<string> {
    await this.#configure(settings)
    try {
      await this.#pulumi('preview', '--expect-no-changes', '--diff', ...this.#which())
      return noChanges
    } catch (error) {
      return (error as Error).message
    }
  }

  async destroy(): Promise<void> {
    await this.#pulumi('destroy', '--yes', '--skip-preview', '--non-interactive', ...this.#which())
  }

  async #configure(settings: readonly string[]): Promise<void> {
    const value = JSON.stringify(settings)
    await this.#pulumi('config', 'set', 'av-telemetry:set', value, ...this.#which())
  }

  #which(): string[] {
    return ['--stack', this.#name, '--config-file', this.#configFile]
  }

  #pulumi(...args: readonly string[]): Promise<string> {
    const env = {
      PULUMI_HOME: join(this.#folder, 'home'),
      PULUMI_BACKEND_URL: `file://${join(this.#folder, 'backend')}`,
      PULUMI_CONFIG_PASSPHRASE: 'of no secret that lives longer than a test',
      PULUMI_SKIP_UPDATE_CHECK: '1',
    }
    return runStackProgram('pulumi', [...args, '--color', 'never'], env)
  }
}
