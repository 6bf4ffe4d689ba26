import { Command, InvalidArgumentError, Option } from 'commander'
import type { TaskState } from '../../services/ledger/tasks/task.ts'
import { taskStates } from '../../services/ledger/tasks/task.ts'
import { apiIdPattern } from '../../services/ledger/tasks/api-unit.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import type { PlatformChoice } from '../targets/target.ts'
import { withChoice } from '../platform/running-platform.ts'

/** States that a task can be retried from. */
const retriedStates = ['failed', 'canceled'] as const satisfies readonly TaskState[]
type RetriedState = (typeof retriedStates)[number]

/** The parsed arguments of `npm run tasks`. */
export type TasksRequest = (
  | {
      readonly kind: 'list'
      readonly pipeline: string | undefined
      readonly state: TaskState | undefined
      readonly limit: number
    }
  | { readonly kind: 'show'; readonly id: number }
  | {
      readonly kind: 'output'
      readonly id: number
      readonly csv: boolean
      readonly table: string | undefined
    }
  | { readonly kind: 'cancel'; readonly ids: readonly number[] }
  | { readonly kind: 'retry'; readonly ids: readonly number[] }
  | {
      readonly kind: 'retry-all'
      readonly pipeline: string
      readonly state: RetriedState
    }
) & { readonly choice: PlatformChoice; readonly json: boolean }

type Options = PlatformChoice & { readonly json?: boolean }
type SetRequest = (request: TasksRequest) => void

/** @throws CommanderError after the message about a wrong argument was written */
export function parseTasksRequest(args: readonly string[]): TasksRequest {
  const command = new Command('npm run tasks --').description(
    'Lists, shows, cancels and retries tasks: units of work that workers run.',
  )
  let request: TasksRequest | undefined
  const setRequest: SetRequest = (parsed) => {
    request = parsed
  }
  addReading(command, setRequest)
  addOutput(command, setRequest)
  addCancel(command, setRequest)
  addRetry(command, setRequest)
  parseArguments(command, args)
  if (request === undefined) throw new Error('the subcommand did not set a request')
  return request
}

type ListOptions = Options & {
  readonly pipeline?: string
  readonly state?: TaskState
  readonly limit: number
}

function addReading(parent: Command, setRequest: SetRequest): void {
  withJson(parent.command('list').description('List and count tasks, the newest first.'))
    .option('--pipeline <name>', 'only tasks of this pipeline')
    .addOption(new Option('--state <state>', 'only tasks in this state').choices(taskStates))
    .option('--limit <count>', 'maximum number to show', toCount, 50)
    .action(({ pipeline, state, limit, ...options }: ListOptions) => {
      setRequest({ kind: 'list', pipeline, state, limit, ...toCommon(options) })
    })
  const show = 'Show a task: parameters, log lines, progress, attempts and fault.'
  withJson(parent.command('show').description(show))
    .argument('<id>', 'its id', toId)
    .action((id: number, options: Options) => {
      setRequest({ kind: 'show', id, ...toCommon(options) })
    })
}

type OutputOptions = Options & { readonly asCsv: boolean; readonly table?: string }

function addOutput(parent: Command, setRequest: SetRequest): void {
  const command = parent
    .command('output')
    .description(
      'Show where the result of a task is in the bucket (to.objects), or print its rows.',
    )
  withJson(command)
    .argument('<id>', 'its id', toId)
    .option('--as-csv', 'print the rows as CSV', false)
    .option('--table <name>', 'with --as-csv: the table of the rows (default: the only one)')
    .action((id: number, { asCsv: csv, table, ...options }: OutputOptions) => {
      if (table !== undefined && !csv) command.error('error: --table needs --as-csv.')
      if (csv && options.json === true) command.error('error: choose --as-csv or --json.')
      setRequest({ kind: 'output', id, csv, table, ...toCommon(options) })
    })
}

function addCancel(parent: Command, setRequest: SetRequest): void {
  const description =
    'Cancel tasks. One that waits ends at once; the handler of one that runs is asked to stop, and is killed after five seconds.'
  withChoice(parent.command('cancel').description(description))
    .argument('<ids...>', 'their ids', toIds)
    .action((ids: readonly number[], options: Options) => {
      setRequest({ kind: 'cancel', ids, ...toCommon(options) })
    })
}

type RetryOptions = Options & { readonly pipeline?: string; readonly state?: RetriedState }

function addRetry(parent: Command, setRequest: SetRequest): void {
  const command = parent
    .command('retry')
    .description('Queue failed or canceled tasks again, by ids, or all of a pipeline.')
  withChoice(command)
    .argument('[ids...]', 'their ids', toIds, [])
    .option('--pipeline <name>', 'all failed tasks of this pipeline')
    .addOption(
      new Option(
        '--state <state>',
        'with --pipeline: the tasks in this state (default: failed)',
      ).choices(retriedStates),
    )
    .action((ids: readonly number[], { pipeline, state, ...options }: RetryOptions) => {
      if (ids.length > 0 === (pipeline !== undefined)) {
        command.error('error: choose tasks by ids or by --pipeline.')
      }
      if (pipeline === undefined) {
        if (state !== undefined) command.error('error: --state needs --pipeline.')
        setRequest({ kind: 'retry', ids, ...toCommon(options) })
        return
      }
      setRequest({ kind: 'retry-all', pipeline, state: state ?? 'failed', ...toCommon(options) })
    })
}

/** The parsed arguments of `npm run job`. */
export type JobRequest = {
  /** The name of the handler. */
  readonly method: string
  /** The text of a JSON value. */
  readonly params: string
  readonly pipeline: string | undefined
  readonly transactionKey: string | null
  /** Makes the task only if there is none with this id; undefined: a new id. */
  readonly id: string | undefined
  readonly wait: boolean
  readonly choice: PlatformChoice
}

type JobOptions = PlatformChoice & {
  readonly params: string
  readonly pipeline?: string
  readonly transactionKey?: string
  readonly id?: string
  readonly wait: boolean
}

/** @throws CommanderError after the message about a wrong argument was written */
export function parseJobRequest(args: readonly string[]): JobRequest {
  const command = new Command('npm run job --')
    .description('Makes a task: a worker calls the handler with the parameters. Prints its id.')
    .argument('<name>', 'name of the handler')
    .option('--params <json>', 'parameters for the handler, as JSON', toJson, '{}')
    .option('--pipeline <name>', 'pipeline that runs it (default: the only one that can)')
    .option(
      '--transaction-key <text>',
      'transaction key: messages that the task sends get it as their key',
    )
    .option(
      '--id <text>',
      'id of the task for you; the same id again makes no second task',
      toUnitId,
    )
    .option(
      '--wait',
      'show the progress until the task has ended; exit code 1 unless complete',
      false,
    )
  withChoice(command)
  parseArguments(command, args)
  const [method = ''] = command.args
  const {
    params,
    pipeline,
    transactionKey = null,
    id,
    wait,
    ...options
  } = command.opts<JobOptions>()
  const { choice } = toCommon(options)
  return { method, params, pipeline, transactionKey, id, wait, choice }
}

const withJson = (command: Command): Command =>
  withChoice(command).option('--json', 'print JSON', false)

function toCommon({ target, network, config, json }: Options) {
  const choice = {
    ...(target === undefined ? {} : { target }),
    ...(network === undefined ? {} : { network }),
    ...(config === undefined ? {} : { config }),
  }
  return { choice, json: json ?? false }
}

function toId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected the id of a task, e.g. 17.')
}

const toIds = (text: string, previous: readonly number[] = []): number[] => [
  ...previous,
  toId(text),
]

function toCount(text: string): number {
  const count = Number(text)
  if (/^\d{1,4}$/.test(text) && count >= 1 && count <= 1_000) return count
  throw new InvalidArgumentError('Expected a whole number from 1 to 1000.')
}

function toUnitId(text: string): string {
  if (apiIdPattern.test(text)) return text
  throw new InvalidArgumentError('Expected 1 to 100 of the characters A–Z, a–z, 0–9, . _ : and -.')
}

function toJson(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch (error) {
    throw new InvalidArgumentError(
      `Expected JSON, e.g. '{"day":"2026-01-31"}': ${(error as Error).message}.`,
    )
  }
}
