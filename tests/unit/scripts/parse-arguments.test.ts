import { expect } from 'chai'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { parseArguments } from '../../../scripts/cli/parse-arguments.ts'

/** The variables of npm, without `npm_config_`. */
type Texts = Readonly<Record<string, string>>

describe('parseArguments', () => {
  let message: string
  let command: Command

  beforeEach(() => {
    message = ''
    command = new Command('npm run drive --')
      .argument('[files...]')
      .option('-n, --num-vehicles <count>', 'how many')
      .option('--fresh', 'from the start', false)
      .option('--json', 'as JSON', false)
      .configureOutput({ writeErr: (text) => (message += text) })
  })

  function refusal(args: readonly string[], taken: Texts = {}): string {
    const options = new Map(Object.entries(taken))
    expect(() => parseArguments(command, args, options)).to.throw(CommanderError)
    return message
  }

  const missing = (options: string, line: string): string =>
    `error: npm took ${options}, because "--" is missing; the right command line is: npm run drive -- ${line}\n`

  it('reads options and arguments', () => {
    const args = ['--num-vehicles', '3', 'a.csv']
    const parsed = parseArguments(command, args, new Map([['cache', '/c']]))
    expect(parsed.opts()).to.deep.equal({ numVehicles: '3', fresh: false, json: false })
    expect(parsed.args).to.deep.equal(['a.csv'])
  })

  it('does not end the process when an argument of a command or subcommand is wrong', () => {
    command.command('back').action(() => undefined)
    expect(refusal(['back', '--sideways'])).to.include("unknown option '--sideways'")
  })

  describe('refuses options that npm took because the -- is missing, and prints the line', () => {
    const cases: [options: string, line: string, args: string[], taken: Texts][] = [
      [
        '--num-vehicles and --fresh',
        '--num-vehicles 3 --fresh',
        ['3'],
        { num_vehicles: 'true', fresh: 'true' },
      ],
      [
        '--num-vehicles and --json',
        '--num-vehicles 3 --json',
        [],
        { num_vehicles: '3', json: 'true' },
      ],
      ['--json', "--json 'a b.csv'", ['a b.csv'], { json: 'true' }],
      ['--side', '--side north b.csv', ['b.csv', 'north'], { side: 'true' }],
      ['--seed', '--seed 4 b.csv', ['b.csv', '4'], { seed: 'true' }],
      [
        '--num-vehicles and --seed',
        '--num-vehicles <count> --seed <n> 4 5',
        ['4', '5'],
        { seed: 'true', num_vehicles: 'true' },
      ],
      ['--set', '--set a=b --set c=d', ['a=b', 'c=d'], { set: 'true\n\ntrue' }],
      ['--set', "--set a=b --set 'c='\\''d'\\'''", [], { set: "a=b\n\nc='d'" }],
      ['--seed', "--seed ''", [], { seed: '' }],
      ['--num-vehicles', '--num-vehicles 50', ['50'], { yes: '' }],
      ['--days', '--days 60', ['60'], { all: 'true' }],
      ['--config', '--config a.json', [], { call: 'a.json' }],
      ['--fresh and --verbose', '--fresh --verbose', [], { fresh: 'true', loglevel: 'verbose' }],
    ]
    for (const [options, line, args, taken] of cases) {
      it(line, () => {
        command
          .addOption(new Option('--side <side>').choices(['north', 'south']))
          .option('--seed <n>', '', whole)
          .option('--set <key=value...>', '', [])
          .option('--days <n>')
          .option('-c, --config <file>')
          .option('--verbose', '', false)
        expect(refusal(args, taken)).to.equal(missing(options, line))
      })
    }

    it('of a subcommand', () => {
      const nothing = (): void => undefined
      command.command('back').option('--slowly').argument('[places...]').action(nothing)
      command.command('on').option('--fast').action(nothing)
      const taken = { slowly: 'true', fast: 'true' }
      expect(refusal(['back', 'home'], taken)).to.equal(missing('--slowly', 'back --slowly home'))
    })
  })

  it('ignores settings of npm that are no options of the command', () => {
    const taken = new Map(Object.entries({ fresh: '', yes: '', loglevel: 'verbose', fund: '' }))
    expect(parseArguments(command, [], taken).opts()).to.deep.equal({ fresh: false, json: false })
  })

  it('ignores options that npm took if the command was not started by npm', () => {
    const script = new Command('scripts/drive.sh').option('--fresh', '', false)
    const taken = new Map([['fresh', 'true']])
    expect(parseArguments(script, [], taken).opts()).to.deep.equal({ fresh: false })
  })
})

function whole(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number.')
}
