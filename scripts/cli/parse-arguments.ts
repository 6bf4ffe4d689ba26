import type { Command } from 'commander'
import { describeMissingSeparator } from './missing-separator.ts'
import { optionsTakenByNpm } from './npm-options.ts'

/**
 * Parses the arguments of a command.
 *
 * @param taken options that npm took: texts by the name of npm's variable without `npm_config_`
 * @throws CommanderError after an error or the help was printed
 */
export function parseArguments(
  command: Command,
  args: readonly string[],
  taken: ReadonlyMap<string, string> = optionsTakenByNpm(process.env),
): Command {
  for (const each of [command, ...command.commands]) each.exitOverride()
  if (command.name().startsWith('npm ')) {
    const problem = describeMissingSeparator(command, args, taken)
    if (problem !== undefined) command.error(`error: ${problem}`)
  }
  return command.parse(args, { from: 'user' })
}
