import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import {
  describeDurability,
  unaskedPostgres,
} from '../../../infra/config/external/postgres-guarantee.ts'
import { describeGuarantee } from '../../../infra/config/guarantee.ts'

const safe = {
  ...{ fsync: true, fullPageWrites: true, synchronousCommit: 'on' },
  synchronousStandbyNames: '',
}
const storedAgain =
  'The platform then stores their records again from Kafka, as long as Kafka keeps them (kafka.retentionHours). Messages that tasks had sent may be sent again.'
const unknown =
  'The platform cannot know whether disks keep what they confirm, what a takeover chooses, how many copies the storage has, and whether there are backups.'

describe('The guarantee of an existing Postgres', () => {
  it('says what the server keeps, and what it cannot know', () => {
    expect(describeDurability(safe)).to.deep.equal([
      'Your Postgres says that it writes each transaction to disk (fsync and full_page_writes are on).',
      `It waits for no standby: if it is lost and a standby takes over, its last transactions may be missing. ${storedAgain}`,
      unknown,
    ])
  })

  it('names fsync and full_page_writes if they are off', () => {
    expect(describeDurability({ ...safe, fsync: false, fullPageWrites: false })[0]).to.equal(
      'Your Postgres has fsync and full_page_writes = off: a crash of its machine can damage the database, and rows that Kafka no longer keeps are lost then.',
    )
  })

  it('names synchronous_commit if it is off', () => {
    expect(describeDurability({ ...safe, synchronousCommit: 'off' })[1]).to.equal(
      `It has synchronous_commit = off: its last transactions may be missing after a crash. ${storedAgain}`,
    )
  })

  it('counts a standby only if commits wait for it', () => {
    const standby = { ...safe, synchronousStandbyNames: 'ANY 1 (a, b)' }
    expect(describeDurability(standby)[1]).to.match(/^A standby has written each transaction/)
    expect(describeDurability({ ...standby, synchronousCommit: 'remote_write' })[1]).to.match(
      /^A standby has received each transaction, but may not have written it/,
    )
    expect(describeDurability({ ...standby, synchronousCommit: 'local' })[1]).to.match(
      /^It waits for no standby/,
    )
  })

  it('is referred to by the guarantee of the configuration', () => {
    const external = { host: 'db.example.com', passwordFile: 'owner' }
    expect(describeGuarantee(toConfig({ postgres: { external } }))).to.include(unaskedPostgres)
    expect(describeGuarantee(toConfig({}))).to.not.include(unaskedPostgres)
  })
})
