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
    ['55P03', 'locked', 'a lock timeout'],
    ['22P02', 'value-refused', 'a text that is not a value of its type'],
    ['22003', 'value-refused', 'a number out of range'],
    ['22021', 'value-refused', 'a NUL in a text'],
    ['22008', 'value-refused', 'a time out of range'],
    ['23502', 'value-refused', 'a null in a NOT NULL column'],
    ['23503', 'value-refused', 'a missing foreign key'],
    ['23514', 'value-refused', 'a check violation that a trigger raises'],
    ['23000', 'value-refused', 'an integrity constraint violation'],
    ['21000', 'value-refused', 'a cardinality violation'],
    ['27000', 'value-refused', 'a triggered data change violation'],
    ['44000', 'value-refused', 'a violation of WITH CHECK OPTION'],
    ['54000', 'value-refused', 'a key that is too long for its index'],
    ['P0001', 'value-refused', 'an exception that a trigger raises'],
    ['P0004', 'value-refused', 'a failed assertion in a trigger'],
    ['AV001', 'outage', 'an error class that a trigger made up'],
    ['24000', 'outage', 'an invalid cursor state'],
    ['2F005', 'outage', 'a function without a return value'],
    ['0A000', 'outage', 'a feature that is not supported'],
    ['09000', 'outage', 'a triggered action exception'],
    ['08006', 'outage', 'a broken connection'],
    ['57P01', 'outage', 'a shutdown'],
    ['57P03', 'outage', 'a starting server'],
    ['53100', 'outage', 'a full disk'],
    ['53300', 'outage', 'too many connections'],
    ['40001', 'outage', 'a serialization failure'],
    ['40P01', 'outage', 'a deadlock'],
    ['42P01', 'outage', 'a missing table'],
    ['42501', 'outage', 'a missing privilege'],
    ['28P01', 'outage', 'a wrong password'],
    ['25006', 'outage', 'a read-only server'],
    ['XX000', 'outage', 'an internal error of Postgres'],
  ] as const) {
    it(`maps ${what} (${code}) to ${fault}`, () => {
      expect(toPostgresFault(anError(code))).to.equal(fault)
    })
  }

  for (const suffix of ['ccnew', 'ccnew1', 'ccold', 'ccold12']) {
    it(`maps a unique violation of an index named …_${suffix} to index-unfinished`, () => {
      const met = anError('23505', `diag_20260131_pkey_${suffix}`)
      expect(toPostgresFault(met)).to.equal('index-unfinished')
    })
  }

  it('maps a unique violation of any other index to key-taken', () => {
    expect(toPostgresFault(anError('23505', 'diag_ccnew_by_make'))).to.equal('key-taken')
  })

  it('maps the error while an index is replaced to index-unfinished', () => {
    const error = Object.assign(new Error('invalid arbiter index list'), { code: 'XX000' })
    expect(toPostgresFault(error)).to.equal('index-unfinished')
  })

  it('maps the violation of a named check constraint to value-refused', () => {
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
    it(`maps an error whose code is ${typeof code} "${String(code)}" to outage`, () => {
      expect(toPostgresFault(anError(code))).to.equal('outage')
    })
  }

  it('maps a row without a partition to partition-missing', () => {
    const error = Object.assign(anError('23514'), { routine: 'ExecFindPartition' })
    expect(toPostgresFault(error)).to.equal('partition-missing')
  })

  it('maps any other thrown value to outage', () => {
    for (const thrown of ['text', 7, {}]) {
      expect(toPostgresFault(thrown)).to.equal('outage')
    }
  })
})
