import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { TemporaryFolder } from '../support/temporary-folder.ts'

type RunCommand = (args: readonly string[], signal: AbortSignal) => Promise<number>

/** The arguments with which a command reaches its configuration; none for the other commands. */
const neededArguments: Readonly<Record<string, readonly string[]>> = {
  bench: ['sink', '--quick'],
  'config get': ['worker.log_level'],
  'config set': ['worker.log_level', 'info'],
  'config unset': ['worker.log_level'],
  'dead-letters discard': ['--open'],
  'dead-letters redrive': ['--open'],
  'dead-letters show': ['1'],
  'dead-letters skip': ['0', '1..2'],
  'devices add-alias': ['VAN-12', '73829102'],
  'devices admit': ['VAN-12'],
  'devices remove': ['VAN-12'],
  'devices remove-alias': ['VAN-12', '73829102'],
  'devices rename': ['VAN-12', 'Van 12'],
  'devices revoke': ['VAN-12'],
  'devices rotate': ['VAN-12'],
  'devices show': ['VAN-12'],
  drop: ['orders.csv'],
  examples: ['classifieds'],
  job: ['fleet_daily_summary'],
  'pipeline accept': ['classifieds'],
  'pipeline describe': ['classifieds'],
  'pipeline pause': ['classifieds'],
  'pipeline reset': ['classifieds'],
  'pipeline resume': ['classifieds'],
  sql: ['select 1'],
  'tasks cancel': ['1'],
  'tasks output': ['1'],
  'tasks retry': ['1'],
  'tasks show': ['1'],
  verify: ['--quick'],
}

/** All commands with the option, by the contract of the commands. */
const commands = Object.keys(
  JSON.parse(readFileSync(new URL('frozen/commands.json', import.meta.url), 'utf8')) as Readonly<
    Record<string, string>
  >,
)
  .map((entry) => /^command (.+) --config$/.exec(entry)?.[1])
  .filter((name) => name !== undefined)

/** Runs a command in this process. @returns its exit code and all that it prints */
async function runHere(commandLine: string, args: readonly string[]) {
  const [name = '', ...subcommand] = commandLine.split(' ')
  const { run } = (await import(`../../scripts/commands/${name}.ts`)) as { run: RunCommand }
  let printed = ''
  const restore = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream)
    stream.write = (text: string | Uint8Array) => {
      printed += String(text)
      return true
    }
    return () => (stream.write = write)
  })
  try {
    const code = await run([...subcommand, ...args], new AbortController().signal)
    return { code, printed }
  } finally {
    for (const undo of restore) undo()
  }
}

describe('The option --config', function () {
  this.timeout(120_000)
  const folder = new TemporaryFolder()
  const file = join(folder.path, 'other.json')

  before(() => {
    writeFileSync(file, '{ "zork": 1 }')
  })

  after(() => {
    folder[Symbol.dispose]()
  })

  it('belongs to every command that needs a configuration', () => {
    expect(commands).to.have.length.greaterThan(20)
    expect(commands).to.include.members(Object.keys(neededArguments))
  })

  for (const command of commands)
    it(`of ${command} makes it read the named file`, async () => {
      const args = [...(neededArguments[command] ?? []), '--config', file]
      const { code, printed } = await runHere(command, args)
      expect(printed).to.include(file).and.include('zork')
      expect(code).to.equal(2)
    })
})
