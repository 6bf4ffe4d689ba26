import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import kafkajs from 'kafkajs'
import { toConfig } from '../../../infra/config/config.ts'
import {
  checkServers,
  checkServersForVerify,
} from '../../../scripts/check-servers/check-servers.ts'
import type { Finding } from '../../../scripts/check-servers/finding.ts'
import { root } from '../../../scripts/platform/paths.ts'
import { kafkaSection } from '../../support/managed-servers/external-sections.ts'
import type { Acl } from '../../support/managed-servers/kafka-acls.ts'
import type { KafkaLine } from '../../support/managed-servers/kafka-programs.ts'
import { noKafka4 } from '../../support/managed-servers/kafka-programs.ts'
import { ManagedKafka } from '../../support/managed-servers/managed-kafka.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const topics = ['test_topic', 'test_topic.devices']
const operations = ['Create', 'Read', 'Write', 'DescribeConfigs'] as const

type NamedAcl = readonly [string, Acl]

const onTopic = (name: string, operation: Acl['operation']): NamedAcl => [
  `${operation} on the topic ${name}`,
  { resource: 'topic', name, operation },
]
const onGroup = (name: string): NamedAcl => [
  `Read on the group ${name}`,
  { resource: 'group', name, operation: 'Read' },
]
const onGroups = (name: string): NamedAcl => [
  `Read on the groups ${name}*`,
  { resource: 'group', name, operation: 'Read', isPrefix: true },
]

/** What the platform needs without pipelines, by the name in the table. */
const needed: Readonly<Record<string, Acl>> = Object.fromEntries([
  ...topics.flatMap((name) => operations.map((operation) => onTopic(name, operation))),
  onGroup('av-telemetry-test_topic'),
  onGroups('av-telemetry-dashboard-'),
])

/** What verify and bench need beside it. */
const forVerify: Readonly<Record<string, Acl>> = Object.fromEntries([
  ...['test_topic_scratch', 'test_topic_scratch.devices'].flatMap((name) =>
    [...operations, 'Delete' as const].map((operation) => onTopic(name, operation)),
  ),
  onGroup('av-telemetry-test_topic_scratch'),
  onGroups('av-telemetry-verify-test_topic_scratch-'),
])
const names = Object.keys(needed)
const withoutCreate = names.filter((name) => !name.startsWith('Create'))

const namesOf = (findings: readonly Finding[]): string[] =>
  findings.filter(({ isAllowed }) => !isAllowed).map(({ right }) => right)

for (const line of ['3', '4'] satisfies KafkaLine[]) {
  describe(`check-servers with a managed Kafka ${line}`, function () {
    this.timeout(240_000)
    const folder = new TemporaryFolder()
    let kafka: ManagedKafka
    let started: ManagedKafka | undefined

    before(async function () {
      started = await ManagedKafka.start(line)
      if (started === undefined) {
        process.stdout.write(`    ${noKafka4}\n`)
        return this.skip()
      }
      kafka = started
    })

    after(async () => {
      await started?.[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    })

    const configOf = (more: object = {}) =>
      toConfig({ kafka: { external: kafkaSection(kafka, folder.path), ...more } })

    /** Waits until the brokers apply the rights, which they do a moment after they have stored them. */
    async function expectMissing(expected: readonly string[]): Promise<void> {
      let missing: string[] = []
      const isExpected = async (): Promise<boolean> => {
        missing = namesOf((await checkServers(configOf())).findings)
        return JSON.stringify(missing) === JSON.stringify(expected)
      }
      await until(() => `missing: ${missing.join(', ')}`, isExpected, 20)
    }

    const topicsOfKafka = () => kafka.asAdministrator((admin) => admin.listTopics())

    it('names all rights in one run if the user has none, and makes nothing', async () => {
      expect(namesOf((await checkServers(configOf())).findings)).to.deep.equal(names)
      expect(await topicsOfKafka()).to.deep.equal([])
    })

    it('prints them as JSON, with the command for each, and has exit code 1', () => {
      const file = join(folder.path, 'config.json')
      writeFileSync(file, JSON.stringify({ kafka: { external: kafkaSection(kafka, folder.path) } }))
      const args = ['scripts/bootstrap.mjs', 'check-servers', '--config', file, '--json']
      const { status, stdout, stderr } = spawnSync('node', args, { cwd: root, encoding: 'utf8' })
      expect({ status, stderr }).to.deep.equal({ status: 1, stderr: '' })
      const { rights } = JSON.parse(stdout) as { rights: { remedy: string }[] }
      expect(rights.map(({ remedy }) => remedy)).to.include(
        `kafka-acls.sh --bootstrap-server ${kafka.brokers.join()} --command-config admin.properties --add --allow-principal User:telemetry --operation Write --topic test_topic`,
      )
    })

    it('names nothing if the user has all of them and no other, and makes nothing', async () => {
      await kafka.grant(...Object.values(needed))
      await expectMissing([])
      expect(await topicsOfKafka()).to.deep.equal([])
    })

    for (const [name, acl] of Object.entries(needed)) {
      it(`names exactly "${name}" if only it is withheld`, async () => {
        await kafka.withdraw(acl)
        await expectMissing([name])
        await kafka.grant(acl)
        expect(await topicsOfKafka()).to.deep.equal([])
      })
    }

    it('names what verify and bench need beside it, if it is asked for it', async () => {
      const missing = async () => namesOf((await checkServersForVerify(configOf())).findings)
      expect(await missing()).to.deep.equal(Object.keys(forVerify))
      await kafka.grant(...Object.values(forVerify))
      await until('all rights are given', async () => (await missing()).length === 0, 20)
      expect(await topicsOfKafka()).to.deep.equal([])
    })

    it('says which topic the brokers would not create', async () => {
      await expectMissing([])
      const { findings } = await checkServers(configOf({ replicationFactor: 3 }))
      expect(namesOf(findings)).to.deep.equal(
        topics.map((topic) => `the topic ${topic} as configured`),
      )
      expect(findings.find(({ isAllowed }) => !isAllowed)?.remedy).to.match(/replicat/i)
      expect(await topicsOfKafka()).to.deep.equal([])
    })

    it('does not need Create for topics that exist', async () => {
      const policies = ['delete', 'compact']
      const created = topics.map((topic, index) => {
        const configEntries = [{ name: 'cleanup.policy', value: policies[index] ?? '' }]
        return { topic, numPartitions: 1, configEntries }
      })
      await kafka.asAdministrator((admin) => admin.createTopics({ topics: created }))
      for (const name of names)
        if (!withoutCreate.includes(name)) await kafka.withdraw(needed[name]!)
      await expectMissing([])
    })

    for (const name of withoutCreate) {
      it(`names exactly "${name}" if only it is withheld and the topics exist`, async () => {
        const acl = needed[name]!
        await kafka.withdraw(acl)
        await expectMissing([name])
        await kafka.grant(acl)
      })
    }

    it('says what is different at a topic that exists, and what makes it unusable', async () => {
      const change = (policy: string): Promise<unknown> =>
        kafka.asAdministrator((admin) => {
          const configEntries = [
            { name: 'cleanup.policy', value: policy },
            { name: 'retention.ms', value: '3600000' },
          ]
          const topic = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topics[1]! }
          return admin.alterConfigs({
            validateOnly: false,
            resources: [
              { ...topic, configEntries },
              { ...topic, name: topics[0]!, configEntries },
            ],
          })
        })
      await change('compact')
      const unusable = await checkServers(configOf())
      expect(namesOf(unusable.findings)).to.deep.equal([
        'cleanup.policy=delete of the topic test_topic',
      ])
      await change('delete')
      const { findings, notes } = await checkServers(configOf())
      expect(namesOf(findings)).to.deep.equal([
        'cleanup.policy=compact of the topic test_topic.devices',
      ])
      expect(notes.join('\n')).to.match(
        /The topic test_topic has retention\.ms = 3600000, not 604800000\. Kafka keeps/,
      )
    })

    it('says why it cannot log in, and that the rights are not checked', async () => {
      const config = configOf()
      writeFileSync(join(folder.path, 'kafka-password'), 'wrong\n')
      const [finding, ...others] = (await checkServers(config)).findings
      expect(others).to.deep.equal([])
      expect(finding).to.include({
        right: `a connection to ${kafka.brokers.join()} as telemetry`,
        isAllowed: false,
      })
      expect(finding?.remedy).to.match(/Kafka refuses the login: .* The rights are checked when/)
    })

    it('says that it does not trust the certificate', async () => {
      const config = configOf()
      // The file of the old authority is removed with it.
      writeFileSync(join(folder.path, 'old.pem'), kafka.authority)
      await kafka.swapCertificate({ newAuthority: true })
      const external = {
        ...config.kafka.external,
        tls: { authorityFile: join(folder.path, 'old.pem') },
      }
      const [finding] = (await checkServers(toConfig({ kafka: { external } }))).findings
      expect(finding?.remedy).to.match(/not signed by an authority that we trust/)
    })
  })
}
