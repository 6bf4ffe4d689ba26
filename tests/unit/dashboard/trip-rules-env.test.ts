import { expect } from 'chai'
import { readTripRulesEnv } from '../../../services/runtime/trip-rules-env.ts'
import { EnvironmentReader } from '../../../services/runtime/env.ts'
import { tripRules } from '../../support/trip-tracks.ts'

function read(text: string) {
  const env = new EnvironmentReader({ TRIP_RULES: text })
  return env.finish(readTripRulesEnv(env))
}

describe('readTripRulesEnv', () => {
  it('reads the settings dashboard.trips of the configuration', () => {
    expect(read(JSON.stringify(tripRules))).to.deep.equal(tripRules)
  })

  for (const [name, text] of [
    ['no value', ''],
    ['text that is not JSON', 'rules'],
    ['a missing rule', JSON.stringify({ ...tripRules, stopMetres: undefined })],
    ['a rule that is not a number', JSON.stringify({ ...tripRules, stopMetres: '30' })],
    ['an unknown rule', JSON.stringify({ ...tripRules, other: 1 })],
  ] as const) {
    it(`refuses ${name}`, () => {
      expect(() => read(text)).to.throw(
        /TRIP_RULES is .*; it should be a JSON object with the settings dashboard\.trips\./,
      )
    })
  }
})
