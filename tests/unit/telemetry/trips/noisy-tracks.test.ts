import { expect } from 'chai'
import { tripsOf } from '../../../../services/telemetry/trips/trips.ts'
import { aNoisyJourney, secondsOf, tripRules } from '../../../support/trip-tracks.ts'

const seeds = Array.from({ length: 10 }, (_, index) => index + 1)

describe('tripsOf, with noise in the positions', () => {
  for (const sigma of [3, 10, 20]) {
    for (const intervalSeconds of [1, 10, 30]) {
      it(`finds one stop and no trip in an hour of parking with a deviation of ${sigma} m, every ${intervalSeconds} s`, () => {
        for (const seed of seeds) {
          const parked = { seconds: 3_600, intervalSeconds, speed: 0, sigma, seed }
          const { trips, stops } = tripsOf(aNoisyJourney(parked), tripRules)
          expect(trips, `seed ${seed}`).to.deep.equal([])
          expect(stops.map(secondsOf), `seed ${seed}`).to.deep.equal([[0, 3_600]])
        }
      })
    }
  }

  for (const speed of [0.4, 1]) {
    for (const sigma of [0, 3]) {
      it(`finds one trip and no stop at ${speed} m/s with a deviation of ${sigma} m`, () => {
        for (const seed of seeds) {
          const crawl = { seconds: 900, intervalSeconds: 1, speed, sigma, seed }
          const { trips, stops } = tripsOf(aNoisyJourney(crawl), tripRules)
          expect(trips.map(secondsOf), `seed ${seed}`).to.deep.equal([[0, 900]])
          expect(stops, `seed ${seed}`).to.deep.equal([])
          // Over all readings, a deviation of 3 m would give more than ten times the distance.
          expect(trips[0]?.distance, `seed ${seed}`).to.be.closeTo(900 * speed, 150)
        }
      })
    }
  }
})
