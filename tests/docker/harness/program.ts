import { readFileSync, writeFileSync } from 'node:fs'
import * as pulumi from '@pulumi/pulumi'
import type { Outputs } from '../stack.ts'
import { HarnessEngine } from './harness-engine.ts'

/** The request to the child process of the harness. It writes the result to `resultFile`. */
export type Request = {
  readonly action: 'up' | 'preview' | 'destroy'
  readonly target: 'docker' | 'kubernetes'
  readonly stack: string
  readonly settings: readonly string[]
  readonly stateFile: string
  readonly resultFile: string
}

export type Result = {
  /** The program's outputs; none after `destroy`. */
  readonly outputs: unknown
  readonly changes: readonly string[]
}

const kindsOf = {
  docker: async () => (await import('./docker-kinds.ts')).dockerKinds,
  kubernetes: async () => (await import('../../kubernetes/harness/cluster-kinds.ts')).clusterKinds,
}

/** Runs the unmodified Pulumi program with the harness as its engine. */
async function runUnderHarness(request: Request): Promise<Result> {
  const engine = new HarnessEngine(
    request.stateFile,
    await kindsOf[request.target](),
    request.action === 'preview',
  )
  const outputs = request.action === 'destroy' ? {} : await declare(request, engine)
  await engine.finish()
  return { outputs, changes: engine.changes }
}

async function declare(request: Request, engine: HarnessEngine): Promise<unknown> {
  const { stack, settings, action, target } = request
  pulumi.runtime.setAllConfig({
    'av-telemetry:target': target,
    'av-telemetry:configFile': 'config.master.json',
    'av-telemetry:set': JSON.stringify(settings),
  })
  await pulumi.runtime.setMocks(engine, 'av-telemetry', stack, action === 'preview')
  const outputs = (await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation(engine.recordOptions)
    return { ...((await import('../../../infra/index.ts')) as object) }
  })) as pulumi.Input<Outputs>
  await pulumi.runtime.disconnect()
  return await new Promise((resolve) => {
    pulumi.output(outputs).apply(resolve)
  })
}

/** Like Pulumi's language host, prints a user error without a stack trace. */
function fail(error: unknown): never {
  const { stack, message } = error instanceof Error ? error : new Error(String(error))
  process.stderr.write(`${pulumi.RunError.isInstance(error) ? message : (stack ?? message)}\n`)
  process.exit(1)
}

process.on('unhandledRejection', fail)
const request = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Request
try {
  writeFileSync(request.resultFile, JSON.stringify(await runUnderHarness(request)))
} catch (error) {
  fail(error)
}
