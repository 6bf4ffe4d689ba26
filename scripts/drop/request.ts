import { Command } from 'commander'
import { parseArguments } from '../cli/parse-arguments.ts'
import type { PlatformChoice } from '../targets/target.ts'
import { withChoice } from '../platform/running-platform.ts'

/** The parsed arguments of `npm run drop`. */
export type DropRequest = {
  readonly paths: readonly string[]
  /** The name of a pipeline; undefined: the one that matches the name of the file. */
  readonly to: string | undefined
  readonly wait: boolean
  readonly choice: PlatformChoice
}

type Options = PlatformChoice & { readonly to?: string; readonly wait?: boolean }

/** @throws CommanderError after the message about a wrong argument was written */
export function parseDropRequest(args: readonly string[]): DropRequest {
  const command = new Command('npm run drop --')
    .description('Puts copies of files into the inbox of a pipeline, which loads them.')
    .argument('<files...>', 'paths of files')
    .option('--to <pipeline>', 'the pipeline (default: the one that matches the name of the file)')
    .option('--wait', 'wait until the files are loaded; exit code 1 if one is not')
  parseArguments(withChoice(command), args)
  const { to, wait = false, ...choice } = command.opts<Options>()
  return { paths: command.args, to, wait, choice }
}
