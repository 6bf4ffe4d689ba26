import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import kafkajs, { Kafka, logLevel } from 'kafkajs'
import { toConnection } from '../../../services/adapters/kafka/connection/kafkajs-options.ts'
import { ClosableKafka } from '../../../services/adapters/kafka/closable-kafka.ts'
import { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import { createPool } from '../../../services/adapters/postgres/driver/connection.ts'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { readConfig } from '../../../services/provision/config.ts'
import { provisionTopic } from '../../../services/provision/provision-topic.ts'
import { readingsPipeline } from '../../../services/telemetry/pipeline.ts'
import { postJson, readingJson } from '../../support/http-client.ts'
import { envOf, sharedServers } from '../../support/servers.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

const migrationFolder = new URL('../../../services/adapters/postgres/migrations/', import.meta.url)
const numberOf = (name: string): number => Number(name.slice(0, 3))

/** A broker that has just started may not report the topic. */
class TopicAdminThatSeesNoTopic extends TopicAdmin {
  override exists(): Promise<boolean> {
    return Promise.resolve(false)
  }
}

async function expectProvisioningFailsWithoutSeeingTopic(tenant: Tenant): Promise<void> {
  const config = readConfig(envOf(tenant.deployment, 'provision-0'))
  const { topic } = config.kafka
  const kafka = new ClosableKafka({ ...toConnection(tenant.kafka), logLevel: logLevel.NOTHING })
  await using admin = new TopicAdminThatSeesNoTopic(kafka, topic)
  const options = { applicationName: 'test', maxConnections: 2, logger: serviceLogger }
  const pool = createPool(config.postgres, options)
  const ledgers = new PostgresLedgerStore(pool, readingsPipeline)
  const hasFailed = await provisionTopic({
    ...{ topic, settings: config.topic, admin, ledgers, logger: serviceLogger },
    signal: AbortSignal.timeout(60_000),
  }).then(
    () => false,
    () => true,
  )
  await pool.end()
  expect(hasFailed).to.equal(true)
}

describe('Provisioning', function () {
  this.timeout(90_000)

  it('can run repeatedly and several times at the same time', async () => {
    await using tenant = await Tenant.create(await sharedServers())
    await tenant.provision()
    await Promise.all([tenant.provision(), tenant.provision(), tenant.provision()])
    const logs = await tenant.sql<{ id: number }>('select id from event_log')
    expect(logs).to.deep.equal([{ id: 1 }])
    const numbers = await tenant.sql<{ number: number }>('select number from schema_migration')
    const migrations = readdirSync(migrationFolder).filter((name) => name.endsWith('.sql'))
    expect(numbers.map(({ number }) => number)).to.have.members(migrations.map(numberOf))
  })

  it('can run several times at the same time on empty servers', async () => {
    await using tenant = await Tenant.create(await sharedServers(), [], { provision: false })
    await Promise.all([tenant.provision(), tenant.provision(), tenant.provision()])
    await tenant.startProducer()
    await tenant.startConsumer()
    await postJson(tenant, readingJson('FIRST'))
    await untilCount('the row is stored', () => tenant.countRows(), 1)
  })

  it('registers no new log if the topic exists but is not visible yet', async () => {
    await using tenant = await Tenant.create(await sharedServers())
    await expectProvisioningFailsWithoutSeeingTopic(tenant)
    const logs = await tenant.sql<{ id: number }>('select id from event_log')
    expect(logs).to.deep.equal([{ id: 1 }])
  })

  it('applies the settings to the topic', async () => {
    const settings = ['kafka.retentionHours=12', 'kafka.partitions=4', 'kafka.flushEachBatch=true']
    await using tenant = await Tenant.create(await sharedServers(), settings)
    const { topic } = tenant.kafka
    const kafka = new Kafka({ ...toConnection(tenant.kafka), logLevel: logLevel.NOTHING })
    const admin = kafka.admin()
    await admin.connect()
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    })
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    await admin.disconnect()
    const entries = resources[0]?.configEntries ?? []
    const valueOf = (name: string) =>
      entries.find(({ configName }) => configName === name)?.configValue
    expect({
      partitions: topics[0]?.partitions.length,
      cleanup: valueOf('cleanup.policy'),
      retention: valueOf('retention.ms'),
      bytes: valueOf('retention.bytes'),
      times: valueOf('message.timestamp.type'),
      unclean: valueOf('unclean.leader.election.enable'),
      flush: valueOf('flush.messages'),
      compression: valueOf('compression.type'),
    }).to.deep.equal({
      partitions: 4,
      cleanup: 'delete',
      retention: '43200000',
      bytes: '-1',
      times: 'LogAppendTime',
      unclean: 'false',
      flush: '1',
      compression: 'uncompressed',
    })
  })

  it('adds partitions to a topic in use without losing readings', async () => {
    await using tenant = await Tenant.create(await sharedServers(), ['kafka.partitions=2'])
    await tenant.startProducer()
    await tenant.startConsumer()
    const vins = Array.from({ length: 40 }, (_, index) => `GROW-${index}`)
    await postJson(
      tenant,
      vins.map((vin) => readingJson(vin)),
    )
    await untilCount('the first readings are stored', () => tenant.countRows(), 40)
    await tenant.provisionWith(['kafka.partitions=5'])
    await until(
      'the new partitions are written and read',
      async () => {
        await postJson(
          tenant,
          vins.map((vin) => readingJson(vin)),
        )
        const rows = await tenant.sql('select from partition_ledger where stored > 0')
        return rows.length === 5
      },
      60,
    )
    const { stored } = await tenant.account()
    await until('rows and ledger agree', async () => (await tenant.countRows()) >= stored)
  })

  it('sets a comment with unit and VSS path on every column', async () => {
    await using tenant = await Tenant.create(await sharedServers())
    const rows = await tenant.sql<{ column: string; comment: string | null }>(
      `select attname as column, col_description(attrelid, attnum) as comment
       from pg_attribute where attrelid = 'diag'::regclass and attnum > 0 order by attnum`,
    )
    const comments = new Map(rows.map(({ column, comment }) => [column, comment]))
    expect([...comments.values()]).to.not.include(null)
    expect(comments.get('speed')).to.equal(
      'Speed over ground, in m/s. VSS uses km/h. Range [0, 500] m/s. VSS: Vehicle.Speed.',
    )
  })

  it('adds a new column of the table to the view latest_position', async () => {
    await using tenant = await Tenant.create(await sharedServers())
    await tenant.sql('alter table diag add column odometer double precision')
    await tenant.provision()
    expect(await tenant.sql('select odometer from latest_position')).to.deep.equal([])
  })

  it('fails at once if Postgres refuses a statement', async () => {
    await using tenant = await Tenant.create(await sharedServers())
    await tenant.sql('alter table diag rename column speed to velocity')
    const failure = await tenant.provision().catch((error: unknown) => error)
    expect(failure).to.include({ code: '42703' })
  })

  it('grants each role only its privileges', async () => {
    await using tenant = await Tenant.create(await sharedServers())
    const isAllowed = async (
      role: string,
      table: string,
      right: string,
    ): Promise<boolean | undefined> => {
      const [row] = await tenant.sql<{ allowed: boolean }>(
        'select has_table_privilege($1, $2, $3) as allowed',
        [role, table, right],
      )
      return row?.allowed
    }
    expect(await isAllowed('telemetry_reader', 'diag', 'SELECT')).to.equal(true)
    expect(await isAllowed('telemetry_reader', 'diag', 'INSERT')).to.equal(false)
    expect(await isAllowed('telemetry_writer', 'diag', 'INSERT')).to.equal(true)
    expect(await isAllowed('telemetry_writer', 'diag', 'DELETE')).to.equal(false)
    expect(await isAllowed('telemetry_writer', 'dead_letter', 'DELETE')).to.equal(false)
  })
})
