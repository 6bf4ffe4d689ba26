import { expect } from 'chai'
import { Command, CommanderError } from 'commander'
import { parseArguments } from '../../../scripts/cli/parse-arguments.ts'

describe('parseArguments', () => {
  let message: string
  let command: Command

  beforeEach(() => {
    message = ''
    command = new Command('npm run drive --')
      .argument('[files...]')
      .option('--num-vehicles <count>', 'how many')
      .option('--fresh', 'from the start', false)
      .option('--json', 'as JSON', false)
      .configureOutput({ writeErr: (text) => (message += text) })
  })

  function refusal(args: readonly string[], env: NodeJS.ProcessEnv): string {
    expect(() => parseArguments(command, args, env)).to.throw(CommanderError)
    return message
  }

  it('reads options and arguments', () => {
    const args = ['--num-vehicles', '3', 'a.csv']
    const parsed = parseArguments(command, args, { npm_config_cache: '/c', npm_command: 'run' })
    expect(parsed.opts()).to.deep.equal({ numVehicles: '3', fresh: false, json: false })
    expect(parsed.args).to.deep.equal(['a.csv'])
  })

  it('reports options that npm took because the -- was missing', () => {
    const env = { npm_config_num_vehicles: 'true', npm_config_fresh: 'true' }
    expect(refusal(['3'], env)).to.equal(
      'error: npm took --num-vehicles and --fresh as its own option. Put options after "--": npm run drive -- --num-vehicles … --fresh\n',
    )
  })

  it('reports options of a subcommand that npm took', () => {
    command
      .command('back')
      .option('--slowly', 'take your time')
      .action(() => undefined)
    expect(refusal(['back'], { npm_config_slowly: 'true' })).to.include('npm took --slowly')
  })

  it('ignores settings of npm and of other programs', () => {
    expect(parseArguments(command, [], { npm_config_json: 'true' }).opts()).to.include({
      json: false,
    })
  })

  it('does not end the process when an argument of a command or subcommand is wrong', () => {
    command.command('back').action(() => undefined)
    expect(refusal(['back', '--sideways'], {})).to.include("unknown option '--sideways'")
  })
})
