import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleProgram } from '../../scripts/setup/program-bundle.mjs'
import { runProgram } from './base-images/run-program.ts'
import type { Request, Result } from './harness/program.ts'
import { runStackProgram } from './run-stack-program.ts'
import type { Outputs, Stack, StackKind } from './stack.ts'
import { noChanges } from './stack.ts'

const program = 'tests/docker/harness/program.ts'

/** Runs the Pulumi program without Pulumi. The test harness replaces Pulumi's engine and providers. */
export const harness: StackKind = {
  title: 'harness',
  create: (name, folder) => Promise.resolve(new HarnessStack(name, folder, 'docker')),
}

/** The same on the cluster of kubectl's context. */
export const clusterHarness: StackKind = {
  title: 'harness',
  create: (name, folder) => Promise.resolve(new HarnessStack(name, folder, 'kubernetes')),
}

class HarnessStack implements Stack {
  readonly #target: Request['target']
  readonly #name: string
  readonly #folder: string

  constructor(name: string, folder: string, target: Request['target']) {
    this.#name = name
    this.#folder = folder
    this.#target = target
  }

  async up(settings: readonly string[]): Promise<Outputs> {
    return (await this.#run('up', settings)).outputs as Outputs
  }

  async preview(settings: readonly string[]): Promise<string> {
    const { changes } = await this.#run('preview', settings)
    return changes.join('\n') || noChanges
  }

  async destroy(): Promise<void> {
    await this.#run('destroy', [])
  }

  /** Runs the program in a new process, because one process can run a Pulumi program only once. */
  async #run(action: Request['action'], settings: readonly string[]): Promise<Result> {
    const file = (name: string) => join(this.#folder, name)
    const [requestFile, stateFile, resultFile] = [
      file('request.json'),
      file('state.json'),
      file('result.json'),
    ]
    const request = {
      ...{ action, target: this.#target, stack: this.#name, settings },
      ...{ stateFile, resultFile },
    } as const
    writeFileSync(requestFile, JSON.stringify(request satisfies Request))
    const bundle = await bundleProgram(program)
    const args = [...(bundle === undefined ? ['--import', 'tsx', program] : [bundle]), requestFile]
    await runStackProgram(process.execPath, args, { DOCKER_HOST: await engineAddress() })
    return JSON.parse(readFileSync(resultFile, 'utf8')) as Result
  }
}

/** The engine's address from the docker command, because the API client cannot read Docker contexts. */
async function engineAddress(): Promise<string> {
  const { DOCKER_HOST: address } = process.env
  if (address !== undefined) return address
  return runProgram('docker', ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'])
}
