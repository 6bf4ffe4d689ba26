import { expect } from 'chai'
import { comparePlain } from '../../support/plain/compare-servers.ts'
import { comparedProducers } from '../../support/plain/compared-producers.ts'

/** `npm run fuzz -- --plain` compares more. */
const count = 60

describe('plain requests', () => {
  for (const { name, options, isPlain } of comparedProducers)
    it(`get the same answers with and without node:http from a producer ${name}`, async () => {
      const { difference, plainAnswers } = await comparePlain(options, { seed: 1, count })
      expect(difference).to.equal(undefined)
      if (isPlain) expect(plainAnswers).to.be.greaterThan(count / 4)
      else expect(plainAnswers).to.equal(0)
    })
})
