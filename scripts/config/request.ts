import { Command } from 'commander'
import { parseArguments } from '../cli/parse-arguments.ts'
import type { PlatformChoice } from '../targets/target.ts'
import { withChoice } from '../platform/running-platform.ts'

/** The parsed arguments of `npm run config`. */
export type ConfigRequest = (
  | { readonly kind: 'list' }
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'set'; readonly key: string; readonly value: string }
  | { readonly kind: 'unset'; readonly key: string }
  /** @param key undefined for all settings */
  | { readonly kind: 'history'; readonly key: string | undefined }
) & { readonly choice: PlatformChoice }

const keyText = 'PIPELINE.SETTING, or worker.SETTING for all workers'

/** @throws CommanderError after the message about a wrong argument was written */
export function parseRequest(args: readonly string[]): ConfigRequest {
  const command = new Command('npm run config --').description(
    'Shows and changes the settings that apply at run time, without a restart.',
  )
  let request: ConfigRequest | undefined
  const add = (name: string, description: string): Command =>
    withChoice(command.command(name).description(description))
  add('list', 'List the settings: value in effect and where it comes from.').action(
    (choice: PlatformChoice) => {
      request = { kind: 'list', choice }
    },
  )
  add('get', 'Print the value in effect.')
    .argument('<key>', keyText)
    .action((key: string, choice: PlatformChoice) => {
      request = { kind: 'get', key, choice }
    })
  add('set', 'Set a value. It replaces the value of the file.')
    .argument('<key>', keyText)
    .argument('<value>', 'the value, e.g. 500 or "30 s"')
    .action((key: string, value: string, choice: PlatformChoice) => {
      request = { kind: 'set', key, value, choice }
    })
  add('unset', 'Remove a value. The value of the file applies again.')
    .argument('<key>', keyText)
    .action((key: string, choice: PlatformChoice) => {
      request = { kind: 'unset', key, choice }
    })
  add('history', 'List the latest changes: when, by whom, old and new value.')
    .argument('[key]', `${keyText}; without it all settings`)
    .action((key: string | undefined, choice: PlatformChoice) => {
      request = { kind: 'history', key, choice }
    })
  parseArguments(command, args)
  if (request === undefined) throw new Error('the subcommand did not set a request')
  return request
}
