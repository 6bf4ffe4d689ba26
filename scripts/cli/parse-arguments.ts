import type { Command, Option } from 'commander'

/**
 * Parses the arguments of a command.
 *
 * @throws CommanderError after an error or the help was printed
 */
export function parseArguments(
  command: Command,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Command {
  const commands = [command, ...command.commands]
  for (const each of commands) each.exitOverride()
  const taken = takenByNpm(commands, env)
  if (taken.length > 0) {
    const names = taken.map(({ long }) => long).join(' and ')
    const line = taken.map(({ long, required }) => (required ? `${long} …` : long)).join(' ')
    command.error(
      `error: npm took ${names} as its own option. Put options after "--": ${command.name()} ${line}`,
    )
  }
  return command.parse(args, { from: 'user' })
}

/** Options that npm has too, or that may be in a user's `.npmrc`. */
const npmOptions = new Set(['--all', '--json', '--target', '--yes'])

/**
 * Options that were given without a `--` before them. npm turns them into environment variables.
 */
function takenByNpm(commands: readonly Command[], env: NodeJS.ProcessEnv): NamedOption[] {
  const named = commands.flatMap(({ options }) => options.filter(isNamed))
  const taken = named.filter(
    ({ long }) => !npmOptions.has(long) && env[variableOf(long)] !== undefined,
  )
  return [...new Map(taken.map((option) => [option.long, option])).values()]
}

type NamedOption = Option & { long: string }

function isNamed(option: Option): option is NamedOption {
  return option.long !== undefined
}

function variableOf(name: string): string {
  return `npm_config_${name.slice(2).replaceAll('-', '_')}`
}
