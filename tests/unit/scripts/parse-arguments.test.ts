import { expect } from 'chai'
import { Command, CommanderError } from 'commander'
import { parseArguments } from '../../../scripts/cli/parse-arguments.ts'

describe('arguments of a command', () => {
  let said: string
  let command: Command

  beforeEach(() => {
    said = ''
    command = new Command('npm run drive --')
      .argument('[files...]')
      .option('--num-vehicles <count>', 'how many')
      .option('--fresh', 'from the start', false)
      .option('--json', 'as JSON', false)
      .configureOutput({ writeErr: (text) => (said += text) })
  })

  function refusal(args: readonly string[], env: NodeJS.ProcessEnv): string {
    expect(() => parseArguments(command, args, env)).to.throw(CommanderError)
    return said
  }

  it('are read', () => {
    const args = ['--num-vehicles', '3', 'a.csv']
    const parsed = parseArguments(command, args, { npm_config_cache: '/c', npm_command: 'run' })
    expect(parsed.opts()).to.deep.equal({ numVehicles: '3', fresh: false, json: false })
    expect(parsed.args).to.deep.equal(['a.csv'])
  })

  it('are not taken to be all where npm took some, for want of a --', () => {
    const env = { npm_config_num_vehicles: 'true', npm_config_fresh: 'true' }
    expect(refusal(['3'], env)).to.equal(
      'error: npm took --num-vehicles and --fresh as its own option. Put options after "--": npm run drive -- --num-vehicles … --fresh\n',
    )
  })

  it('may have been kept from a command of a command', () => {
    command
      .command('back')
      .option('--slowly', 'take your time')
      .action(() => undefined)
    expect(refusal(['back'], { npm_config_slowly: 'true' })).to.include('npm took --slowly')
  })

  it('leave the settings of npm and of others alone', () => {
    expect(parseArguments(command, [], { npm_config_json: 'true' }).opts()).to.include({
      json: false,
    })
  })

  it('end no process where they are wrong, a command of a command neither', () => {
    command.command('back').action(() => undefined)
    expect(refusal(['back', '--sideways'], {})).to.include("unknown option '--sideways'")
  })
})
