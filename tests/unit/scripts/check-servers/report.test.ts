import { stripVTControlCharacters } from 'node:util'
import { expect } from 'chai'
import type { Finding } from '../../../../scripts/check-servers/finding.ts'
import { formatChecked, toJson } from '../../../../scripts/check-servers/report.ts'

const read: Finding = { server: 'Kafka', right: 'Read on the topic a', isAllowed: true }
const owner: Finding = {
  ...{ server: 'Postgres', right: 'owner of the database a', isAllowed: false },
  remedy: 'ALTER DATABASE a OWNER TO b;',
}

describe('the report of check-servers', () => {
  it('has a line for each right, with what an administrator runs for one that is missing', () => {
    expect(
      stripVTControlCharacters(formatChecked({ findings: [read, owner], notes: [] })),
    ).to.equal(
      [
        'server   | right                   | state   | what an administrator runs',
        '---------+-------------------------+---------+-----------------------------',
        'Kafka    | Read on the topic a     | allowed |',
        'Postgres | owner of the database a | missing | ALTER DATABASE a OWNER TO b;',
        '',
        '1 right is missing. Nothing was made. Give the table to an administrator of the servers, then run this command again.',
      ].join('\n'),
    )
  })

  it('says that nothing is missing', () => {
    expect(formatChecked({ findings: [read], notes: [] })).to.match(
      /\n\nThe servers allow all that the platform needs\.$/,
    )
  })

  it('ends with notes', () => {
    expect(formatChecked({ findings: [read], notes: ['First.', 'Second.'] })).to.match(
      /needs\.\n\nFirst\.\nSecond\.$/,
    )
  })

  it('has the same as JSON', () => {
    expect(toJson({ findings: [read, owner], notes: ['a note'] })).to.deep.equal({
      isComplete: false,
      rights: [
        { server: 'Kafka', right: read.right, state: 'allowed', remedy: null },
        { server: 'Postgres', right: owner.right, state: 'missing', remedy: owner.remedy },
      ],
      notes: ['a note'],
    })
    expect(toJson({ findings: [read], notes: [] })).to.include({ isComplete: true })
  })
})
