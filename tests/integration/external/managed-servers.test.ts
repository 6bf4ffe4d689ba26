import { expect } from 'chai'
import type { KafkaLine } from '../../support/managed-servers/kafka-programs.ts'
import { noKafka4 } from '../../support/managed-servers/kafka-programs.ts'
import type { Mechanism } from '../../support/managed-servers/managed-kafka.ts'
import { ManagedKafka } from '../../support/managed-servers/managed-kafka.ts'
import { ManagedPostgres } from '../../support/managed-servers/managed-postgres.ts'
import { until } from '../../support/until.ts'

const mechanisms: readonly Mechanism[] = ['plain', 'scram-sha-256', 'scram-sha-512']
/** The message of the error, and of those that it contains; `none` without an error. */
const faultOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'none',
    (error: unknown) => {
      const { message, errors = [] } = error as Error & { errors?: Error[] }
      return [message, ...errors.map((each) => each.message)].join(' ')
    },
  )

for (const line of ['3', '4'] satisfies KafkaLine[]) {
  describe(`A Kafka ${line} that is set up like a managed one`, function () {
    this.timeout(180_000)
    let kafka: ManagedKafka | undefined

    before(async function () {
      kafka = await ManagedKafka.start(line)
      if (kafka !== undefined) return
      process.stdout.write(`    ${noKafka4}\n`)
      this.skip()
    })

    after(() => kafka?.[Symbol.asyncDispose]())

    const started = (): ManagedKafka => {
      if (kafka === undefined) throw new Error('Kafka has not been started')
      return kafka
    }

    const topicsFor = async (mechanism: Mechanism): Promise<string[]> => {
      const admin = started().clientFor(started().client, mechanism).admin()
      try {
        await admin.connect()
        return await admin.listTopics()
      } finally {
        await admin.disconnect()
      }
    }

    const create = async (topic: string): Promise<unknown> => {
      const admin = started().clientFor(started().client).admin()
      try {
        await admin.connect()
        // To wait for the leaders needs the right Describe.
        return await admin.createTopics({
          ...{ waitForLeaders: false, topics: [{ topic, numPartitions: 1 }] },
        })
      } finally {
        await admin.disconnect()
      }
    }

    it('accepts the password of the user with each mechanism, and shows it no topic', async () => {
      await started().asAdministrator((admin) =>
        admin.createTopics({ topics: [{ topic: 'hidden', numPartitions: 1 }] }),
      )
      for (const mechanism of mechanisms) expect(await topicsFor(mechanism)).to.deep.equal([])
    })

    it('lets the user create a topic only while it has the right', async () => {
      const acl = { resource: 'topic', name: 'av-', operation: 'Create', isPrefix: true } as const
      expect(await faultOf(create('av-1'))).to.match(/authorized/)
      await started().grant(acl)
      // Brokers apply a right a moment after they have stored it.
      await until('av-2 is created', async () => (await faultOf(create('av-2'))) === 'none', 20)
      await started().withdraw(acl)
      let topics = 2
      const isRefused = async () => /authorized/.test(await faultOf(create(`av-${(topics += 1)}`)))
      await until('the right is gone', isRefused, 20)
    })

    it('refuses the old password of SCRAM after a change', async () => {
      const before = started().client
      await started().setPassword()
      expect(await topicsFor('scram-sha-512')).to.deep.equal([])
      const old = started().clientFor(before, 'scram-sha-512').admin()
      expect(await faultOf(old.connect())).to.match(/[Aa]uthentication failed/)
      await old.disconnect()
    })

    it('presents a certificate of a new authority after a swap', async () => {
      const before = started().clientFor(started().administrator)
      await started().swapCertificate({ newAuthority: true })
      expect(await topicsFor('scram-sha-256')).to.deep.equal([])
      const old = before.admin()
      expect(await faultOf(old.connect())).to.match(/certificate/)
      await old.disconnect()
    })

    it('keeps its topics over a stop', async () => {
      await started().stop()
      await started().startAgain()
      const topics = await started().asAdministrator((admin) => admin.listTopics())
      expect(topics).to.include.members(['hidden', 'av-2'])
    })
  })
}

describe('A Postgres that is set up like a managed one', function () {
  this.timeout(120_000)
  let postgres: ManagedPostgres

  before(async () => {
    postgres = await ManagedPostgres.start()
  })

  after(() => postgres[Symbol.asyncDispose]())

  it('refuses a connection without TLS', async () => {
    const address = { ...postgres.addressFor(postgres.owner), ssl: false }
    expect(await faultOf(postgres.run('SELECT 1', address))).to.match(/no encryption/)
  })

  it('lets the owner connect, and create nothing until it has the right', async () => {
    expect(await postgres.asOwner('SELECT 1 AS one')).to.deep.equal([{ one: 1 }])
    const create = 'CREATE SCHEMA given'
    expect(await faultOf(postgres.asOwner(create))).to.match(/permission denied for database/)
    expect(await faultOf(postgres.asOwner('CREATE ROLE other'))).to.match(/permission denied/)
    const { user } = postgres.owner
    await postgres.asAdministrator(`GRANT CREATE ON DATABASE ${postgres.database} TO ${user}`)
    expect(await faultOf(postgres.asOwner(create))).to.equal('none')
  })

  it('refuses the old password after a change', async () => {
    const before = postgres.addressFor(postgres.owner)
    await postgres.setPassword()
    expect(await postgres.asOwner('SELECT 1 AS one')).to.deep.equal([{ one: 1 }])
    expect(await faultOf(postgres.run('SELECT 1', before))).to.match(/password authentication/)
  })

  it('presents a certificate of a new authority after a swap', async () => {
    const before = postgres.addressFor(postgres.owner)
    await postgres.swapCertificate({ newAuthority: true })
    expect(await postgres.asOwner('SELECT 1 AS one')).to.deep.equal([{ one: 1 }])
    expect(await faultOf(postgres.run('SELECT 1', before))).to.match(/certificate/)
  })

  it('keeps its database over a stop', async () => {
    await postgres.stop()
    await postgres.startAgain()
    expect(await postgres.asOwner('SELECT 1 AS one')).to.deep.equal([{ one: 1 }])
  })
})
