import { expect } from 'chai'
import { CommanderError } from 'commander'
import { parseVerifyOptions } from '../../../../scripts/verify/options.ts'

/** The error message for wrong options. */
function errorOf(...args: string[]): string {
  let message = ''
  const writeError = (text: string): void => {
    message += text
  }
  expect(() => parseVerifyOptions(args, writeError)).to.throw(CommanderError)
  return message
}

describe('options of npm run verify', () => {
  it('default to readings at their usual rate and all faults on this machine', () => {
    const { seed, config, ...others } = parseVerifyOptions([])
    expect(others).to.deep.equal({
      workload: 'readings',
      quick: false,
      json: false,
      target: 'local',
      set: [],
    })
    expect(config).to.match(/config\.master\.json$/)
    expect(Number.isInteger(seed)).to.equal(true)
    const given = parseVerifyOptions(['--rate', '1', '--duration', '0', '--seed', '0'])
    expect(given).to.include({ rate: 1, duration: 0, seed: 0 })
  })

  it('reject a rate that is not a whole number above 0', () => {
    for (const rate of ['0', '', ' ', '-5', '0.5', 'fast']) {
      expect(errorOf('--rate', rate)).to.equal(
        `error: option '--rate <n>' argument '${rate}' is invalid. Expected a whole number above 0.\n`,
      )
    }
  })

  it('reject an unknown workload with the names of all workloads', () => {
    expect(errorOf('--workload', 'orders')).to.include('Allowed choices are readings')
  })

  it('reject an empty duration and an empty seed', () => {
    for (const option of ['--duration', '--seed']) {
      expect(errorOf(option, '')).to.include('Expected a whole number.')
    }
  })
})
