import { expect } from 'chai'
import { checkKafkaRights } from '../../../../scripts/check-servers/kafka/check-kafka.ts'
import type { NeededKafkaRights } from '../../../../scripts/check-servers/kafka/needed-rights.ts'
import type { TopicRights } from '../../../../services/adapters/kafka/kafka-rights.ts'
import type { KafkaOperation } from '../../../../services/adapters/kafka/requests/rights/allowed-operations.ts'

const planned = { topic: 'readings', partitions: 6, replicationFactor: 3, settings: [] }
const needed: NeededKafkaRights = {
  topics: [{ planned, operations: ['Read', 'Write'] }],
  groups: [
    { name: 'stores', isPrefix: false },
    { name: 'shows-', isPrefix: true },
  ],
}
const target = { brokers: ['kafka:9093'], user: 'fleet' }

const rightsWith = (
  exists: boolean | undefined,
  allowed: readonly KafkaOperation[],
): TopicRights => ({ exists, allowed: new Set(allowed) })

/** A Kafka that gives these answers. */
async function check(topic: TopicRights, joined: (group: string) => boolean = () => true) {
  const asked = {
    ofTopic: () => Promise.resolve(topic),
    mayJoin: (group: string) => Promise.resolve(joined(group)),
  }
  const findings = await checkKafkaRights(asked, needed, target)
  return findings.filter(({ isAllowed }) => !isAllowed).map(({ right, remedy }) => [right, remedy])
}

const command = (rest: string): string =>
  `kafka-acls.sh --bootstrap-server kafka:9093 --command-config admin.properties --add --allow-principal User:fleet ${rest}`

describe('the rights at Kafka', () => {
  it('do not include Create for a topic that exists', async () => {
    expect(await check(rightsWith(true, ['Read', 'Write']))).to.deep.equal([])
  })

  for (const exists of [false, undefined]) {
    it(`include Create for a topic that does not exist, or is hidden (${String(exists)})`, async () => {
      expect(await check(rightsWith(exists, ['Read', 'Write']))).to.deep.equal([
        ['Create on the topic readings', command('--operation Create --topic readings')],
      ])
    })
  }

  it('include each operation on a topic', async () => {
    expect(await check(rightsWith(true, ['Read']))).to.deep.equal([
      ['Write on the topic readings', command('--operation Write --topic readings')],
    ])
  })

  it('include Read on groups, also on those whose names are made later', async () => {
    const joined: string[] = []
    const missing = await check(rightsWith(true, ['Read', 'Write']), (group) => {
      joined.push(group)
      return false
    })
    expect(joined[0]).to.equal('stores')
    expect(joined[1]).to.match(/^shows-.{20}/)
    expect(missing).to.deep.equal([
      ['Read on the group stores', command('--operation Read --group stores')],
      [
        'Read on the groups shows-*',
        command('--operation Read --group shows- --resource-pattern-type prefixed'),
      ],
    ])
  })

  it('say why the brokers would refuse a topic as it is configured', async () => {
    const refusal = 'Replication factor: 3 larger than available brokers: 1'
    const [fault] = await check({ ...rightsWith(false, ['Create', 'Read', 'Write']), refusal })
    expect(fault).to.deep.equal([
      'the topic readings as configured',
      `${refusal}. Change the section kafka of the configuration, or let an administrator create the topic.`,
    ])
  })
})
