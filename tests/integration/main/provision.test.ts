import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import kafkajs, { Kafka, logLevel } from 'kafkajs'
import { postJson, readingJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

const migrationFolder = new URL('../../../services/adapters/postgres/migrations/', import.meta.url)
const numberOf = (name: string): number => Number(name.slice(0, 3))

describe('provision', function () {
  this.timeout(90_000)

  it('may run again, and several times at once', async () => {
    await using tenant = await Tenant.create(await sharedServers())
    await tenant.provision()
    await Promise.all([tenant.provision(), tenant.provision(), tenant.provision()])
    const logs = await tenant.sql<{ id: number }>('select id from event_log')
    expect(logs).to.deep.equal([{ id: 1 }])
    const numbers = await tenant.sql<{ number: number }>('select number from schema_migration')
    const migrations = readdirSync(migrationFolder).filter((name) => name.endsWith('.sql'))
    expect(numbers.map(({ number }) => number)).to.have.members(migrations.map(numberOf))
  })

  it('begins from nothing several times at once', async () => {
    await using tenant = await Tenant.create(await sharedServers(), [], { provision: false })
    await Promise.all([tenant.provision(), tenant.provision(), tenant.provision()])
    await tenant.startProducer()
    await tenant.startConsumer()
    await postJson(tenant, readingJson('FIRST'))
    await untilCount('its row is there', () => tenant.countRows(), 1)
  })

  it('begins no log where the topic only seems not to be there', async () => {
    await using tenant = await Tenant.create(await sharedServers())
    await tenant.provisionWithoutSeeingTopic()
    const logs = await tenant.sql<{ id: number }>('select id from event_log')
    expect(logs).to.deep.equal([{ id: 1 }])
  })

  it('gives the topic its settings', async () => {
    const settings = ['kafka.retentionHours=12', 'kafka.partitions=4', 'kafka.flushEachBatch=true']
    await using tenant = await Tenant.create(await sharedServers(), settings)
    const { hostPort, topic } = tenant.config.kafka
    const kafka = new Kafka({ brokers: [`127.0.0.1:${hostPort}`], logLevel: logLevel.NOTHING })
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

  it('adds partitions to a running topic, and vehicles keep their readings', async () => {
    await using tenant = await Tenant.create(await sharedServers(), ['kafka.partitions=2'])
    await tenant.startProducer()
    await tenant.startConsumer()
    const vins = Array.from({ length: 40 }, (_, index) => `GROW-${index}`)
    await postJson(
      tenant,
      vins.map((vin) => readingJson(vin)),
    )
    await untilCount('the first are stored', () => tenant.countRows(), 40)
    await tenant.provisionWith(['kafka.partitions=5'])
    await until(
      'the new partitions are used and read',
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

  it('comments every column with its unit and its VSS path', async () => {
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

  it('keeps the roles to their rights', async () => {
    await using tenant = await Tenant.create(await sharedServers())
    const may = async (
      role: string,
      table: string,
      right: string,
    ): Promise<boolean | undefined> => {
      const [row] = await tenant.sql<{ may: boolean }>(
        'select has_table_privilege($1, $2, $3) as may',
        [role, table, right],
      )
      return row?.may
    }
    expect(await may('telemetry_reader', 'diag', 'SELECT')).to.equal(true)
    expect(await may('telemetry_reader', 'diag', 'INSERT')).to.equal(false)
    expect(await may('telemetry_writer', 'diag', 'INSERT')).to.equal(true)
    expect(await may('telemetry_writer', 'diag', 'DELETE')).to.equal(false)
    expect(await may('telemetry_writer', 'dead_letter', 'DELETE')).to.equal(false)
  })
})
