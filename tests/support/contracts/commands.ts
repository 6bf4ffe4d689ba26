import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Argument, Option } from 'commander'
import { Command, CommanderError } from 'commander'
import { root } from '../../../scripts/platform/paths.ts'
import type { Contract } from './frozen.ts'

type Run = (args: readonly string[], signal: AbortSignal) => Promise<number>

const scripts = join(root, 'scripts')
const commandFolder = join(scripts, 'commands')

/**
 * The commands of package.json, the shell scripts, and the arguments and options of each command.
 */
export async function commands(): Promise<Contract> {
  const found: Record<string, string> = { ...npmScripts(), ...shellScripts() }
  for (const [name, module] of modules()) {
    found[`command ${name}`] = ''
    if (!readsArguments(module)) continue
    const { run } = (await import(module)) as { run: Run }
    Object.assign(found, entriesOf(await definitionOf(run), `command ${name}`))
  }
  return found
}

/** The arguments that npm scripts pass to scripts/bootstrap.mjs; empty for other scripts. */
function npmScripts(): Contract {
  const text = readFileSync(join(root, 'package.json'), 'utf8')
  const { scripts: lines } = JSON.parse(text) as { scripts: Record<string, string> }
  const entries = Object.entries(lines).map(([name, line]) => [
    `npm run ${name}`,
    /bootstrap\.mjs (.*)$/.exec(line)?.[1] ?? '',
  ])
  return Object.fromEntries(entries) as Contract
}

function shellScripts(): Contract {
  const files = readdirSync(scripts).filter((name) => name.endsWith('.sh'))
  const entries = files.map((name) => [
    `scripts/${name}`,
    /bootstrap\.mjs" (.*)$/m.exec(readFileSync(join(scripts, name), 'utf8'))?.[1] ?? '',
  ])
  return Object.fromEntries(entries) as Contract
}

/** The commands of scripts/bootstrap.mjs by their name: a file each. */
function modules(): [name: string, module: string][] {
  const files = readdirSync(commandFolder).filter((name) => name.endsWith('.ts'))
  return files.map((file) => [file.replace(/\.ts$/, ''), join(commandFolder, file)])
}

/** Whether a command parses its arguments itself. Other commands pass them to mocha. */
function readsArguments(module: string): boolean {
  const text = readFileSync(module, 'utf8')
  const imported = [...text.matchAll(/from '(\.[\w./-]+\.ts)'/g)].map(([, name = '']) => name)
  const texts = imported.map((name) => readFileSync(join(commandFolder, name), 'utf8'))
  return [text, ...texts].some((each) => each.includes("parse-arguments.ts'"))
}

/** The commander definition of a command. Parsing throws, so the command does nothing. */
async function definitionOf(run: Run): Promise<Command> {
  const prototype: { parse: unknown } = Command.prototype
  const { parse } = prototype
  const parsed: Command[] = []
  prototype.parse = function (this: Command): never {
    parsed.push(this)
    throw new CommanderError(0, 'contract', 'only the definition is needed')
  }
  try {
    await run([], AbortSignal.abort())
  } finally {
    prototype.parse = parse
  }
  const [definition] = parsed
  if (definition === undefined) throw new Error('the command did not parse its arguments')
  return definition
}

function entriesOf(command: Command, place: string): Contract {
  const { options, registeredArguments, commands: subcommands } = command
  const own = [
    ...options.map((option) => [`${place} ${option.long ?? option.flags}`, describeOption(option)]),
    ...registeredArguments.map((argument, index) => [
      `${place} argument ${index}`,
      describeArgument(argument),
    ]),
  ]
  const below = subcommands.flatMap((subcommand) => {
    const name = `${place} ${subcommand.name()}`
    return [[name, ''], ...Object.entries(entriesOf(subcommand, name))]
  })
  return Object.fromEntries([...own, ...below]) as Contract
}

function describeOption(option: Option): string {
  const { flags, mandatory, argChoices } = option
  const parts = [
    flags,
    ...(mandatory ? ['needed'] : []),
    ...(argChoices ? [`one of ${argChoices.join(', ')}`] : []),
    ...describeDefault(option),
  ]
  return parts.join('; ')
}

function describeArgument(argument: Argument): string {
  const text = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${text}>` : `[${text}]`
}

function describeDefault({ long, defaultValue: value }: Option): string[] {
  if (value === undefined || value === false) return []
  if (long === '--seed') return ['default: another one at each run']
  return [`default: ${JSON.stringify(value).replace(JSON.stringify(root).slice(1, -1), '.')}`]
}
