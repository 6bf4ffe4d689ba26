import type { Command, Option } from 'commander'
import { quoteForShell } from './quote-for-shell.ts'

/** An option that npm took, with the values that npm kept. npm passes other values as arguments. */
type Taken = { readonly option: Option; readonly values: readonly (string | undefined)[] }

/**
 * Says which options of the command npm took because `--` is missing, and the right command line.
 *
 * @param taken what npm took: texts by the name of npm's variable without `npm_config_`
 * @returns undefined if npm took none of the options
 */
export function describeMissingSeparator(
  command: Command,
  args: readonly string[],
  taken: ReadonlyMap<string, string>,
): string | undefined {
  const subcommand = command.commands.find((each) => each.name() === args[0])
  const meant = subcommand ? [command, subcommand] : [command, ...command.commands]
  const rest = subcommand ? args.slice(1) : args
  const options = new Map(meant.flatMap((each) => each.options.map((one) => [one.long, one])))
  const found = [...options.values()].flatMap((option) => takenOption(option, taken, rest))
  // npm's own --verbose has an effect.
  if (found.every(({ option }) => option.long === '--verbose')) return undefined
  const names = found.map(({ option }) => option.long).join(' and ')
  const line = [
    command.name(),
    ...(subcommand ? [subcommand.name()] : []),
    ...restore(found, rest, meant),
  ]
  return `npm took ${names}, because "--" is missing; the right command line is: ${line.join(' ')}`
}

function takenOption(
  option: Option,
  taken: ReadonlyMap<string, string>,
  rest: readonly string[],
): Taken[] {
  const own = taken.get((option.long ?? '').slice(2).replaceAll('-', '_'))
  const text = own ?? textOfShortOption(option, taken, rest)
  if (text === undefined) return []
  // The text is empty after --no-…, which our options do not have.
  if (!takesValue(option)) return text === '' ? [] : [{ option, values: [] }]
  // npm joins the values of an option that is given several times.
  const values = text.split('\n\n').map((value) => (value === 'true' ? undefined : value))
  return [{ option, values }]
}

/** What npm makes of an option that is also an option of npm. */
function textOfShortOption(
  { short, long }: Option,
  taken: ReadonlyMap<string, string>,
  rest: readonly string[],
): string | undefined {
  // npm's -c names a program, its -n means "do not say yes", and its --verbose sets the log level.
  if (short === '-c') return taken.get('call')
  if (short === '-n' && rest.length > 0) return taken.get('yes') === '' ? 'true' : undefined
  // It reads the letters of --days as -d, -a, -y and -s.
  if (long === '--days') return taken.get('all')
  // Newer versions take it as the beginning of --token-description.
  if (long === '--to') return taken.get('token_description')
  return long === '--verbose' && taken.get('loglevel') === 'verbose' ? 'true' : undefined
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional
}

/** The options with their values, then the arguments. A value that is not certain is a placeholder. */
function restore(
  found: readonly Taken[],
  rest: readonly string[],
  meant: readonly Command[],
): string[] {
  const left = [...rest]
  const incomplete = found.filter(
    ({ option, values }) => takesValue(option) && values.includes(undefined),
  )
  const isCertain = incomplete.length === 1
  const words = found.flatMap(({ option, values }): string[] => {
    const name = option.long ?? ''
    if (!takesValue(option)) return [name]
    return values.flatMap((value) => {
      const known = value ?? (isCertain ? takeFirst(left, option) : undefined)
      return [name, known === undefined ? placeholderOf(option) : quoteForShell(known)]
    })
  })
  const takesArguments = meant.some(({ registeredArguments }) => registeredArguments.length > 0)
  return takesArguments || isCertain ? [...words, ...left.map(quoteForShell)] : words
}

/** Removes and returns the first argument that the option accepts. */
function takeFirst(args: string[], option: Option): string | undefined {
  const index = args.findIndex((text) => accepts(option, text))
  return index === -1 ? undefined : args.splice(index, 1)[0]
}

function accepts({ argChoices, parseArg }: Option, text: string): boolean {
  if (argChoices) return argChoices.includes(text)
  try {
    parseArg?.(text, undefined)
    return true
  } catch {
    return false
  }
}

/** `<count>` of `-n, --num-vehicles <count>`. */
function placeholderOf({ flags }: Option): string {
  return /[<[].*$/.exec(flags)?.[0].replace('...', '') ?? ''
}
