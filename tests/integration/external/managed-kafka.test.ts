import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import kafkajs from 'kafkajs'
import { Resources } from '../../../services/runtime/resources.ts'
import { captureLog } from '../../support/captured-log.ts'
import { postJson, readingJson, receiptStatus } from '../../support/http-client.ts'
import { kafkaSection } from '../../support/managed-servers/external-sections.ts'
import type { Acl } from '../../support/managed-servers/kafka-acls.ts'
import { neededAcls } from '../../support/managed-servers/needed-acls.ts'
import type { KafkaLine } from '../../support/managed-servers/kafka-programs.ts'
import { noKafka4 } from '../../support/managed-servers/kafka-programs.ts'
import { ManagedKafka } from '../../support/managed-servers/managed-kafka.ts'
import { sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'
import { sendTraffic } from '../../support/traffic.ts'
import { until, untilCount } from '../../support/until.ts'

for (const line of ['3', '4'] satisfies KafkaLine[]) {
  describe(`A platform on a managed Kafka ${line}`, function () {
    this.timeout(240_000)
    const folder = new TemporaryFolder()
    const resources = new Resources()
    let kafka: ManagedKafka
    let tenant: Tenant

    before(async function () {
      const started = await ManagedKafka.start(line)
      if (started === undefined) {
        process.stdout.write(`${noKafka4}\n`)
        this.skip()
      }
      kafka = resources.use(started)
    })

    after(async () => {
      await resources[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    })

    beforeEach(async () => {
      writeFiles()
      const external = { ...kafkaSection(kafka, folder.path), tls: { authorityFile } }
      const settings = [`kafka.external=${JSON.stringify(external)}`]
      tenant = await Tenant.create(await sharedServers(), settings, { provision: false })
      await kafka.grant(...neededAcls(tenant.config.kafka.topic))
    })

    afterEach(async () => {
      await tenant[Symbol.asyncDispose]()
      await kafka.withdrawAll()
    })

    const authorityFile = join(folder.path, 'ca.pem')

    /** The files of the user, as an administrator renews them. */
    function writeFiles(): void {
      kafkaSection(kafka, folder.path)
      writeFileSync(authorityFile, kafka.authority)
    }

    const whyNotReady = async (): Promise<string> => {
      const { opsHostPort } = tenant.config.consumer
      const signal = AbortSignal.timeout(5_000)
      const response = await fetch(`http://127.0.0.1:${opsHostPort}/readyz`, { signal })
      const text = await response.text()
      return response.status === 200 ? '' : text
    }

    async function untilRefused(reason: RegExp): Promise<void> {
      let last = ''
      const isRefused = async () => reason.test((last = await whyNotReady()))
      await until(() => `the consumer says why (last: ${last})`, isRefused, 90)
    }

    async function untilReady(): Promise<void> {
      let last = ''
      const isReady = async () => (last = await whyNotReady()) === ''
      await until(() => `the consumer is ready (last: ${last})`, isReady)
    }

    async function startBoth(): Promise<void> {
      await tenant.provision()
      await tenant.startProducer()
      await tenant.startConsumer()
      await untilReady()
    }

    const settingsOf = async (topic: string): Promise<Map<string, string>> => {
      const { resources } = await kafka.asAdministrator((admin) =>
        admin.describeConfigs({
          includeSynonyms: false,
          resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
        }),
      )
      const entries = resources[0]?.configEntries ?? []
      return new Map(entries.map(({ configName, configValue }) => [configName, configValue]))
    }

    it('is provisioned, and accepts and stores readings once, with all needed rights and no other', async () => {
      await startBoth()
      const { topic } = tenant.config.kafka
      const topics = await kafka.asAdministrator((admin) => admin.listTopics())
      expect(topics).to.include.members([topic, `${topic}.devices`])
      const answer = await postJson(tenant, [readingJson('V1'), readingJson('V2')])
      expect(answer.status).to.equal(202)
      const [receipt] = answer.body['receipts'] as string[]
      await until('it is stored', async () => (await receiptStatus(tenant, receipt)) === 'stored')
      await untilCount('rows', () => tenant.countRows(), 2)
      await tenant.provision()
      const logs = await tenant.sql('select id, topic_id is not null as known from event_log')
      expect(logs).to.deep.equal([{ id: 1, known: true }])
    })

    it('shows the live map, which reads the topic with a separate consumer group', async () => {
      await startBoth()
      await tenant.startDashboard()
      const { opsHostPort } = tenant.config.dashboard
      const isReady = async () =>
        (await fetch(`http://127.0.0.1:${opsHostPort}/readyz`)).status === 200
      await until('the dashboard is ready', isReady)
    })

    it('takes a topic as it is, and says what is different', async () => {
      const { topic } = tenant.config.kafka
      const configEntries = [{ name: 'retention.ms', value: '3600000' }]
      await kafka.asAdministrator((admin) =>
        admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }] }),
      )
      const before = await settingsOf(topic)
      const { logger, lines } = captureLog()
      await tenant.provisionWith([], logger)
      const differs = lines.filter(({ event }) => event === 'topic-differs')
      expect(differs.map(({ setting, present }) => [setting, present])).to.deep.include.members([
        ['partitions', '2'],
        ['retention.ms', '3600000'],
        ['message.timestamp.type', 'CreateTime'],
      ])
      expect(await settingsOf(topic)).to.deep.equal(before)
      await tenant.startProducer()
      await tenant.startConsumer()
      expect((await postJson(tenant, [readingJson('V1')])).status).to.equal(202)
      await untilCount('rows', () => tenant.countRows(), 1)
    })

    it('begins a new log if the topic was created again', async () => {
      await startBoth()
      const { topic } = tenant.config.kafka
      await postJson(tenant, [readingJson('V1')])
      await untilCount('rows', () => tenant.countRows(), 1)
      await kafka.asAdministrator((admin) => admin.deleteTopics({ topics: [topic] }))
      const isGone = async () =>
        !(await kafka.asAdministrator((admin) => admin.listTopics())).includes(topic)
      await until('the topic is deleted', isGone)
      await tenant.provision()
      const accepted = async () => (await postJson(tenant, [readingJson('V2')])).status === 202
      await until('a reading is accepted', accepted)
      await until('it is stored', async () => (await tenant.countRows()) >= 2)
      const logs = await tenant.sql<{ reason: string }>('select reason from event_log order by id')
      expect(logs.map(({ reason }) => reason)).to.deep.equal([
        'the first log of this database',
        'the topic was created again',
      ])
    })

    describe('with readings on their way', () => {
      beforeEach(startBoth)

      /** Every acknowledged reading is a row, and no reading is two rows. */
      async function expectAllStored(acknowledged: number): Promise<void> {
        expect(acknowledged).to.be.greaterThan(0)
        let last = ''
        const isStored = async (): Promise<boolean> => {
          const account = await tenant.account()
          const rows = await tenant.countRows()
          last = JSON.stringify({ acknowledged, rows, ...account })
          const { settled, stored, duplicate, deadLettered } = account
          if (deadLettered > 0) return false
          return rows >= acknowledged && stored === rows && settled === stored + duplicate
        }
        await until(() => `all are stored once: ${last}`, isStored, 120)
      }

      /** Sends readings while `outage` happens and is mended. */
      async function during(outage: () => Promise<void>): Promise<void> {
        await using traffic = sendTraffic(tenant, 'V')
        await until('readings are accepted', () => traffic.acknowledged() > 100)
        await outage()
        const mended = traffic.acknowledged()
        await until('readings are accepted again', () => traffic.acknowledged() > mended + 100)
        await untilReady()
        const { acknowledged } = await traffic.stop()
        await expectAllStored(acknowledged)
      }

      it('loses nothing when its password has expired, says why, and goes on with the new one', async () => {
        await during(async () => {
          await kafka.setPassword()
          await kafka.stop()
          await kafka.startAgain()
          await untilRefused(/Kafka refuses the login/)
          writeFiles()
        })
      })

      it('loses nothing when it does not trust a new certificate, says why, and goes on when it does', async () => {
        await during(async () => {
          await kafka.swapCertificate({ newAuthority: true })
          await untilRefused(/not signed by an authority that we trust/)
          writeFiles()
        })
      })

      it('loses nothing when it may not read, says why, and goes on when it may', async () => {
        const acl: Acl = {
          resource: 'topic',
          name: tenant.config.kafka.topic,
          operation: 'Read',
        }
        await during(async () => {
          await kafka.withdraw(acl)
          await untilRefused(/Kafka denies this login a right/)
          await kafka.grant(acl)
        })
      })

      it('refuses readings when it may not write, and goes on when it may', async () => {
        const acl: Acl = {
          resource: 'topic',
          name: tenant.config.kafka.topic,
          operation: 'Write',
        }
        await during(async () => {
          await kafka.withdraw(acl)
          const isRefused = async () =>
            (await postJson(tenant, [readingJson('refused')])).status === 503
          await until('a reading is refused', isRefused)
          await kafka.grant(acl)
        })
      })
    })
  })
}
