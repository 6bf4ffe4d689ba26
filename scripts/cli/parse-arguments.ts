import type { Command, Option } from 'commander'

/**
 * Reads what a person said to a command.
 *
 * @throws CommanderError once a mistake has been said, or the help that was asked for
 */
export function parseArguments(
  command: Command,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Command {
  const commands = [command, ...command.commands]
  for (const one of commands) one.exitOverride()
  const kept = keptByNpm(commands, env)
  if (kept.length > 0) {
    const names = kept.map(({ long }) => long).join(' and ')
    const line = kept.map(({ long, required }) => (required ? `${long} …` : long)).join(' ')
    command.error(
      `error: npm kept ${names} for itself; options come after a "--": ${command.name()} ${line}`,
    )
  }
  return command.parse(args, { from: 'user' })
}

/** Options that npm has as well, or that may stand in somebody's `.npmrc`. */
const ofOthers = new Set(['--all', '--json', '--target', '--yes'])

/** The options that were given without a `--` before them: npm makes variables of those, and hands on the rest. */
function keptByNpm(commands: readonly Command[], env: NodeJS.ProcessEnv): NamedOption[] {
  const named = commands.flatMap(({ options }) => options.filter(isNamed))
  const kept = named.filter(
    ({ long }) => !ofOthers.has(long) && env[variableOf(long)] !== undefined,
  )
  return [...new Map(kept.map((option) => [option.long, option])).values()]
}

type NamedOption = Option & { long: string }

function isNamed(option: Option): option is NamedOption {
  return option.long !== undefined
}

function variableOf(name: string): string {
  return `npm_config_${name.slice(2).replaceAll('-', '_')}`
}
