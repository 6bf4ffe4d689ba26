import { expect } from 'chai'
import { toRefusal } from '../../../services/adapters/postgres/windows/step-refusal.ts'

const errorWith = (code: string) => Object.assign(new Error('write failed'), { code })

describe('An error of a step', () => {
  for (const code of ['42P01', '23505', 'P0001', 'HV000'])
    it(`with the code ${code} of the database is a refusal`, () => {
      expect(toRefusal(errorWith(code))).to.equal('write failed.')
    })

  for (const code of ['EPIPE', 'EPERM', 'EBUSY', 'ECONNRESET', '08006', '57P01', 'XX000'])
    it(`with the code ${code} is an outage`, () => {
      expect(toRefusal(errorWith(code))).to.equal(undefined)
    })
})
