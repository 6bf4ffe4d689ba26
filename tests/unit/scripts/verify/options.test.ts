import { expect } from 'chai'
import { CommanderError } from 'commander'
import { parseVerifyOptions } from '../../../../scripts/verify/options.ts'

/** What is said of a mistake. */
function mistakeOf(...args: string[]): string {
  let said = ''
  const complain = (text: string): void => {
    said += text
  }
  expect(() => parseVerifyOptions(args, complain)).to.throw(CommanderError)
  return said
}

describe('the options of verify', () => {
  it('are 2,000 readings a second of all faults here, unless told', () => {
    const { seed, config, ...others } = parseVerifyOptions([])
    expect(others).to.deep.equal({
      quick: false,
      rate: 2_000,
      json: false,
      target: 'local',
      set: [],
    })
    expect(config).to.match(/config\.master\.json$/)
    expect(Number.isInteger(seed)).to.equal(true)
    const given = parseVerifyOptions(['--rate', '1', '--duration', '0', '--seed', '0'])
    expect(given).to.include({ rate: 1, duration: 0, seed: 0 })
  })

  it('are no rate that is none', () => {
    for (const rate of ['0', '', ' ', '-5', '0.5', 'fast']) {
      expect(mistakeOf('--rate', rate)).to.equal(
        `error: option '--rate <n>' argument '${rate}' is invalid. Expected a whole number above 0.\n`,
      )
    }
  })

  it('are no seconds and no seed where nothing is said', () => {
    for (const option of ['--duration', '--seed']) {
      expect(mistakeOf(option, '')).to.include('Expected a whole number.')
    }
  })
})
