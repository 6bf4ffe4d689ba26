import { Command, InvalidArgumentError } from 'commander'
import { parseArguments } from '../cli/parse-arguments.ts'
import { userPath } from '../cli/user-paths.ts'
import type { PlatformChoice } from '../targets/target.ts'
import { withChoice } from '../platform/running-platform.ts'

/** How many workers run, and which pipelines they run. */
export type Work = {
  readonly instances: number
  /** Undefined: all pipelines. */
  readonly pipelines: readonly string[] | undefined
  /** Whether a debugger can attach to the worker and its handler processes. */
  readonly isDebuggable: boolean
}

/** The parsed arguments of `npm run worker`. */
export type WorkerRequest =
  | { readonly kind: 'run'; readonly work: Work; readonly choice: PlatformChoice }
  | {
      readonly kind: 'join'
      readonly work: Work
      /** Path of the invitation. */
      readonly invitation: string
      /** A folder with handlers of the user, if there is one. */
      readonly folder: string | undefined
    }
  | { readonly kind: 'invite'; readonly file: string; readonly choice: PlatformChoice }

type RunOptions = PlatformChoice & {
  readonly instances: number
  readonly pipelines?: readonly string[]
  readonly invitation?: string
  readonly folder?: string
  readonly inspect: boolean
}
type InviteOptions = PlatformChoice & { readonly out: string }

const maxInstances = 64
const platformOptions = ['target', 'network', 'config'] as const

/** @throws CommanderError after the message about a wrong argument was written */
export function parseWorkerRequest(args: readonly string[]): WorkerRequest {
  let request: WorkerRequest | undefined
  const command = new Command('npm run worker --').enablePositionalOptions()
  withChoice(command)
    .description(
      'Runs a worker in the foreground, in addition to the workers of the platform, until Ctrl-C. With --invitation it belongs to the platform of another machine.',
    )
    .option('--pipelines <names...>', 'run only these pipelines')
    .option('--instances <count>', 'number of workers', toInstances, 1)
    .option(
      '--inspect',
      'let a debugger attach to the worker and its handlers, on 127.0.0.1; every user of this machine can then control them',
      false,
    )
    .option('--invitation <file>', 'the invitation of a platform on another machine')
    .option('--folder <folder>', 'with --invitation: a folder with your handlers')
    .action((options: RunOptions) => {
      request = toRequest(command, options)
    })
  withChoice(command.command('invite'))
    .description('Writes a file with which another machine can run workers for this platform.')
    .option('--out <file>', 'the file to write', 'worker-invitation.json')
    .action((_: InviteOptions, invite: Command) => {
      const { out, ...choice } = invite.optsWithGlobals<InviteOptions>()
      request = { kind: 'invite', file: userPath(out), choice }
    })
  parseArguments(command, args)
  if (request === undefined) throw new Error('the command did not set a request')
  return request
}

function toRequest(command: Command, options: RunOptions): WorkerRequest {
  const { instances, pipelines, invitation, folder, inspect, ...choice } = options
  const work = { instances, pipelines, isDebuggable: inspect }
  if (invitation === undefined) {
    if (folder !== undefined) command.error('error: --folder needs --invitation')
    return { kind: 'run', work, choice }
  }
  const other = platformOptions.find((name) => choice[name] !== undefined)
  if (other !== undefined)
    command.error(`error: --${other} cannot be used with --invitation, which names the platform`)
  return {
    ...{ kind: 'join', work, invitation: userPath(invitation) },
    folder: folder === undefined ? undefined : userPath(folder),
  }
}

function toInstances(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && count <= maxInstances) return count
  throw new InvalidArgumentError(`Expected a number from 1 to ${maxInstances}.`)
}
