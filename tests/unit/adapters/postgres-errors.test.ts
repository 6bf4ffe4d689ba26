import { expect } from 'chai'
import { toPostgresFault } from '../../../services/adapters/postgres/driver/errors.ts'

function anError(code: unknown, constraint?: string): Error {
  return Object.assign(new Error('x'), {
    code,
    ...(constraint === undefined ? {} : { constraint }),
  })
}

describe('toPostgresFault', () => {
  for (const [code, fault, what] of [
    ['23505', 'key-taken', 'a unique violation'],
    ['23514', 'partition-missing', 'a row without a partition'],
    ['55P03', 'locked', 'a lock that was not had in time'],
    ['22P02', 'value-refused', 'a text that is no value of its type'],
    ['22003', 'value-refused', 'a number out of range'],
    ['22021', 'value-refused', 'a NUL in a text'],
    ['22008', 'value-refused', 'a time out of range'],
    ['23502', 'value-refused', 'a null where none may be'],
    ['23503', 'value-refused', 'a missing foreign key'],
    ['08006', 'outage', 'a broken connection'],
    ['57P01', 'outage', 'a shutdown'],
    ['57P03', 'outage', 'a start'],
    ['53100', 'outage', 'a full disk'],
    ['53300', 'outage', 'too many connections'],
    ['40001', 'outage', 'a serialization failure'],
    ['40P01', 'outage', 'a deadlock'],
    ['42P01', 'outage', 'a missing table'],
    ['42501', 'outage', 'a missing right'],
    ['28P01', 'outage', 'a wrong password'],
    ['25006', 'outage', 'a read-only server'],
    ['XX000', 'outage', 'a fault of Postgres'],
  ] as const) {
    it(`takes ${what} (${code}) for ${fault}`, () => {
      expect(toPostgresFault(anError(code))).to.equal(fault)
    })
  }

  for (const suffix of ['ccnew', 'ccnew1', 'ccold', 'ccold12']) {
    it(`takes a key that is met in an index named …_${suffix} for index-unfinished`, () => {
      const met = anError('23505', `diag_20260131_pkey_${suffix}`)
      expect(toPostgresFault(met)).to.equal('index-unfinished')
    })
  }

  it('takes a unique index of another name for key-taken', () => {
    expect(toPostgresFault(anError('23505', 'diag_ccnew_by_make'))).to.equal('key-taken')
  })

  it('takes the moment in which an index is replaced for index-unfinished', () => {
    const error = Object.assign(new Error('invalid arbiter index list'), { code: 'XX000' })
    expect(toPostgresFault(error)).to.equal('index-unfinished')
  })

  it('takes the violation of a named check for a refused value', () => {
    expect(toPostgresFault(anError('23514', 'diag_speed_check'))).to.equal('value-refused')
  })

  for (const code of [
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    '22',
    '220031',
    '',
    undefined,
    22003,
  ]) {
    it(`takes an error with the code ${String(code)} for an outage`, () => {
      expect(toPostgresFault(anError(code))).to.equal('outage')
    })
  }

  it('takes whatever else is thrown for an outage', () => {
    for (const thrown of ['text', 7, {}]) {
      expect(toPostgresFault(thrown)).to.equal('outage')
    }
  })
})
