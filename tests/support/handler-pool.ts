import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Cancellation } from '../../services/tasks/cancellation.ts'
import type { AttemptOutcome, TaskFault } from '../../services/ledger/tasks/task.ts'
import type { HandlersOptions } from '../../services/tasks/handlers/handlers.ts'
import { stringifyExactJson } from '../../services/pipelines/decode/exact-json.ts'
import { Handlers } from '../../services/tasks/handlers/handlers.ts'
import { captureLog } from './captured-log.ts'
import { TemporaryFolder } from './temporary-folder.ts'

const clone = fileURLToPath(new URL('../../', import.meta.url))
export const shippedHandlers = join(clone, 'services/worker/shipped/handlers')
export const exampleHandlers = ['q-etl', 'castiron-text'].map((name) =>
  join(clone, 'docs/examples', name, 'handlers'),
)

/** Handlers of files in a temporary folder, with what they have told. */
export class TestHandlers implements AsyncDisposable {
  readonly folder = new TemporaryFolder()
  readonly log = captureLog()
  readonly lines: { task: number; level: string; text: string }[] = []
  readonly progress: { task: number; fraction: number }[] = []
  #handlers: Handlers | undefined
  #task = 0

  /**
   * @param files content by name
   * @param options `more`: further folders with handlers
   */
  static async start(
    files: Readonly<Record<string, string>>,
    {
      more = [],
      ...options
    }: Partial<HandlersOptions> & { readonly more?: readonly string[] } = {},
  ): Promise<TestHandlers> {
    const tested = new TestHandlers()
    mkdirSync(tested.path(''))
    for (const [name, content] of Object.entries(files)) tested.write(name, content)
    tested.#handlers = await Handlers.start({
      ...{ folders: [...more, tested.path('')], temporaryFolder: tested.folder.path },
      ...{ size: 2, memoryLimitMb: 64, query: undefined, settings: {} },
      logger: tested.log.logger,
      events: {
        onLog: (task, line) => tested.lines.push({ task, ...line }),
        onProgress: (task, fraction) => tested.progress.push({ task, fraction }),
      },
      ...options,
    })
    return tested
  }

  get handlers(): Handlers {
    if (this.#handlers === undefined) throw new Error('not started')
    return this.#handlers
  }

  path(name: string): string {
    return join(this.folder.path, 'handlers', name)
  }

  write(name: string, content: string): void {
    writeFileSync(this.path(name), content)
  }

  /** Runs a task; by default with a timeout of 30 s. */
  run(
    method: string,
    params: unknown = {},
    options: { readonly timeoutMs?: number; readonly cancel?: Cancellation } = {},
  ): Promise<AttemptOutcome> {
    this.#task += 1
    const task = { id: this.#task, pipeline: 'p', unit: `api:${this.#task}`, method, attempt: 1 }
    const text = typeof params === 'string' ? params : JSON.stringify(params)
    return this.handlers.run(
      { ...task, params: text },
      { concurrency: 1_000, timeoutMs: 30_000, cancel: new Cancellation(), ...options },
    )
  }

  /** The fault of a task that fails. */
  async fault(...order: Parameters<TestHandlers['run']>): Promise<TaskFault> {
    const outcome = await this.run(...order)
    if (outcome.kind === 'failed') return outcome.fault
    throw new Error(`the task is ${outcome.kind}`)
  }

  /** The parts of the result of a task that completes. */
  async parts(...order: Parameters<TestHandlers['run']>): Promise<unknown[]> {
    return partsOf(await this.run(...order))
  }

  /** Texts of the log lines of the latest task. */
  get texts(): string[] {
    return this.lines.filter(({ task }) => task === this.#task).map(({ text }) => text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handlers?.[Symbol.asyncDispose]()
    this.folder[Symbol.dispose]()
  }
}

/** The parts of a result. Disposes it. */
export async function partsOf(outcome: AttemptOutcome): Promise<unknown[]> {
  if (outcome.kind !== 'complete') throw new Error(`the task is ${JSON.stringify(outcome)}`)
  await using result = outcome.result
  const parts: unknown[] = []
  for await (const part of result.parts()) parts.push(part)
  return parts
}

/** The parts of a result as JSON with all digits. Disposes it. */
export async function parsePartTexts(outcome: AttemptOutcome): Promise<string[]> {
  return (await partsOf(outcome)).map(stringifyExactJson)
}

/** The source of a handler without parameters. @param body of `async (params, context) => {…}` */
export function handlerFile(name: string, body: string, params = 'z.looseObject({})'): string {
  return `import { handler, z } from 'av-telemetry'
export const own = handler({ name: '${name}', params: ${params}, run: async (params, context) => {
${body}
} })
`
}
