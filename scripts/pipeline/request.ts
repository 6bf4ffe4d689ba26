import { Command, Option } from 'commander'
import { parseArguments } from '../cli/parse-arguments.ts'
import type { PlatformChoice } from '../targets/target.ts'
import { withChoice } from '../platform/running-platform.ts'

/** Where a pipeline begins in another log of its topic. */
export type ResumeFrom = 'earliest' | 'latest'

/** The parsed arguments of `npm run pipeline`. */
export type PipelineRequest = (
  | { readonly kind: 'list' }
  /** The files to check; none for all files of the folder of the worker. */
  | { readonly kind: 'check'; readonly files: readonly string[] }
  | { readonly kind: 'describe'; readonly name: string }
  | { readonly kind: 'pause'; readonly name: string; readonly reason: string }
  | { readonly kind: 'resume'; readonly name: string; readonly from: ResumeFrom | undefined }
  | { readonly kind: 'reset'; readonly name: string; readonly yes: boolean }
  | { readonly kind: 'accept'; readonly name: string; readonly yes: boolean }
) & { readonly choice: PlatformChoice; readonly json: boolean }

type Options = PlatformChoice & {
  readonly json?: boolean
  readonly yes?: boolean
  readonly reason?: string
  readonly from?: ResumeFrom
}
type SetRequest = (request: PipelineRequest) => void

/** @throws CommanderError after the message about a wrong argument was written */
export function parseRequest(args: readonly string[]): PipelineRequest {
  const command = new Command('npm run pipeline --').description(
    'Lists, checks and controls the declared pipelines, which store topics in tables.',
  )
  let request: PipelineRequest | undefined
  const setRequest: SetRequest = (parsed) => {
    request = parsed
  }
  addReading(command, setRequest)
  addChanging(command, setRequest)
  parseArguments(command, args)
  if (request === undefined) throw new Error('the subcommand did not set a request')
  return request
}

function addReading(parent: Command, setRequest: SetRequest): void {
  withJson(parent.command('list').description('List the pipelines and their records.')).action(
    (options: Options) => {
      setRequest({ kind: 'list', ...toCommon(options) })
    },
  )
  withJson(parent.command('check').description('Check declarations. Nothing is changed.'))
    .argument('[files...]', 'TOML files; without them all files of worker.folder')
    .action((files: readonly string[], options: Options) => {
      setRequest({ kind: 'check', files, ...toCommon(options) })
    })
  withJson(parent.command('describe').description('Show the declaration of a pipeline.'))
    .argument('<name>', 'name of the pipeline')
    .action((name: string, options: Options) => {
      setRequest({ kind: 'describe', name, ...toCommon(options) })
    })
}

function addChanging(parent: Command, setRequest: SetRequest): void {
  withChoice(
    parent
      .command('pause')
      .description('Pause a pipeline. Its records, windows, files and tasks wait.'),
  )
    .argument('<name>', 'name of the pipeline')
    .option('--reason <text>', 'why, for the list', 'Paused by a user.')
    .action((name: string, options: Options) => {
      const { reason = '' } = options
      setRequest({ kind: 'pause', name, reason, ...toCommon(options) })
    })
  withChoice(parent.command('resume').description('Resume a paused pipeline.'))
    .argument('<name>', 'name of the pipeline')
    .addOption(
      new Option(
        '--from <position>',
        'only for a pipeline that needs a decision: where it begins in the new log of its topic',
      ).choices(['earliest', 'latest']),
    )
    .action((name: string, options: Options) => {
      setRequest({ kind: 'resume', name, from: options.from, ...toCommon(options) })
    })
  const reset =
    'Delete the table, ledgers and dead letters of a paused pipeline. After resume it reads its topic again.'
  withYes(parent.command('reset').description(reset)).action((name: string, options: Options) => {
    setRequest({ kind: 'reset', name, yes: options.yes ?? false, ...toCommon(options) })
  })
  const accept =
    'Accept the rows that users have deleted or added: the account check then expects the present number.'
  withYes(parent.command('accept').description(accept)).action((name: string, options: Options) => {
    setRequest({ kind: 'accept', name, yes: options.yes ?? false, ...toCommon(options) })
  })
}

const withJson = (command: Command): Command =>
  withChoice(command).option('--json', 'print JSON', false)

const withYes = (command: Command): Command =>
  withChoice(command)
    .argument('<name>', 'name of the pipeline')
    .option('--yes', 'do it; without this option the command only says what it would do', false)

function toCommon({ target, network, config, json }: Options) {
  const choice = {
    ...(target === undefined ? {} : { target }),
    ...(network === undefined ? {} : { network }),
    ...(config === undefined ? {} : { config }),
  }
  return { choice, json: json ?? false }
}
