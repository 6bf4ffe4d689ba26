import { expect } from 'chai'
import { EnvironmentError, EnvironmentReader } from '../../../services/runtime/env.ts'

function faultsOf(
  source: Readonly<Record<string, string>>,
  read: (env: EnvironmentReader) => unknown,
): string[] {
  const env = new EnvironmentReader(source)
  const value = read(env)
  try {
    env.finish(value)
    return []
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    return error.message.split('\n  ').slice(1)
  }
}

describe('EnvironmentReader', () => {
  it('returns texts, numbers and lists from the variables', () => {
    const env = new EnvironmentReader({
      HOST: 'db',
      PORT: '5432',
      RATE: '-0.5',
      BROKERS: ' a:1, b:2 ,,c:3',
      TRACE: 'x',
      EMPTY: '',
    })
    expect(
      env.finish({
        host: env.text('HOST', 'a host'),
        port: env.positiveInteger('PORT', 'a port'),
        rate: env.number('RATE', 'a rate'),
        brokers: env.list('BROKERS', 'brokers'),
        trace: env.optionalText('TRACE'),
        empty: env.optionalText('EMPTY'),
        absent: env.optionalText('ABSENT'),
        noFile: env.optionalToken('ABSENT_FILE'),
      }),
    ).to.deep.equal({
      host: 'db',
      port: 5432,
      rate: -0.5,
      brokers: ['a:1', 'b:2', 'c:3'],
      trace: 'x',
      empty: undefined,
      absent: undefined,
      noFile: undefined,
    })
  })

  it('reports all invalid variables together, each in one sentence', () => {
    const source = { EMPTY: '', RATE: 'fast', PORT: '0', COUNT: '1.5', SIZE: 'big' }
    const faults = faultsOf(source, (env) => [
      env.text('EMPTY', 'a text'),
      env.list('BROKERS', 'brokers'),
      env.number('RATE', 'a rate'),
      env.number('LIMIT', 'a limit'),
      env.positiveInteger('PORT', 'a port'),
      env.positiveInteger('COUNT', 'a count'),
      env.positiveInteger('SIZE', 'a size'),
      env.positiveInteger('DAYS', 'a number of days'),
      env.fileContent('PASSWORD_FILE', 'a file'),
    ])
    expect(faults).to.deep.equal([
      'EMPTY is not set; it should be a text.',
      'BROKERS is not set; it should be brokers.',
      'RATE is "fast"; it should be a rate.',
      'LIMIT is not set; it should be a limit.',
      'PORT is "0"; it should be a port.',
      'COUNT is "1.5"; it should be a count.',
      'SIZE is "big"; it should be a size.',
      'DAYS is not set; it should be a number of days.',
      'PASSWORD_FILE is not set; it should be a file.',
    ])
  })

  for (const value of ['-1', 'Infinity', 'NaN', '1e999', '5 apples']) {
    it(`positiveInteger refuses ${value}`, () => {
      const faults = faultsOf({ PORT: value }, (env) => env.positiveInteger('PORT', 'a port'))
      expect(faults).to.deep.equal([`PORT is "${value}"; it should be a port.`])
    })
  }

  it('count accepts 0 and refuses negative numbers', () => {
    expect(faultsOf({ COUNT: '0' }, (env) => env.count('COUNT', 'a count'))).to.deep.equal([])
    const faults = faultsOf({ COUNT: '-1' }, (env) => env.count('COUNT', 'a count'))
    expect(faults).to.deep.equal(['COUNT is "-1"; it should be a count.'])
  })

  it('list refuses a list of commas only', () => {
    const faults = faultsOf({ BROKERS: ' , ' }, (env) => env.list('BROKERS', 'brokers'))
    expect(faults).to.deep.equal(['BROKERS is " , "; it should be brokers.'])
  })
})
