import { expect } from 'chai'
import { toConfig } from '../../../../infra/config/config.ts'
import type { NeededKafkaRights } from '../../../../scripts/check-servers/kafka/needed-rights.ts'
import {
  neededForScratch,
  neededKafkaRights,
} from '../../../../scripts/check-servers/kafka/needed-rights.ts'
import { parsePipeline } from '../../../../services/pipelines/declaration/parse-pipeline.ts'

const config = toConfig({})

/** The rights that the platform needs with a pipeline, as texts. */
function rightsOf(text: string): string[] {
  const parsed = parsePipeline(text, () => ({ fault: 'there is no file' }))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return toTexts(neededKafkaRights(config, [parsed.declaration]))
}

function toTexts({ topics, groups }: NeededKafkaRights): string[] {
  return [
    ...topics.map(({ planned, operations }) => `${planned.topic}: ${operations.join(' ')}`),
    ...groups.map(({ name, isPrefix }) => `group ${name}${isPrefix ? '*' : ''}`),
  ]
}

const own = [
  'test_topic: Read Write DescribeConfigs',
  'test_topic.devices: Read Write DescribeConfigs',
]
const ownGroups = ['group av-telemetry-test_topic', 'group av-telemetry-dashboard-*']

describe('the rights that the platform needs at Kafka', () => {
  it('are those of the readings, of the registry of devices and of the dashboard', () => {
    expect(toTexts(neededKafkaRights(config, []))).to.deep.equal([...own, ...ownGroups])
  })

  it('include what the platform would create', () => {
    const { topics } = neededKafkaRights(toConfig({}, ['kafka.partitions=12']), [])
    const [readings, devices] = topics.map(({ planned }) => planned)
    expect(readings).to.include({ partitions: 12, replicationFactor: 1 })
    expect(readings?.settings).to.deep.include({ name: 'retention.ms', value: '604800000' })
    expect(devices).to.include({ partitions: 1 })
    expect(devices?.settings).to.deep.include({ name: 'cleanup.policy', value: 'compact' })
  })

  it('include the topic and the group of a pipeline that stores records', () => {
    expect(rightsOf(rows('"orders"'))).to.deep.equal([
      ...own,
      'orders: Read DescribeConfigs',
      ...ownGroups,
      'group av-telemetry:orders',
    ])
  })

  it('name the group that a pipeline takes over', () => {
    const rights = rightsOf(rows('{ name = "orders", group = "billing" }'))
    expect(rights).to.include('group billing').and.not.include('group av-telemetry:orders')
  })

  it('include the topic in which a pipeline groups records', () => {
    expect(rightsOf(rows('{ name = "orders", group_by = "kind" }'))).to.deep.equal([
      ...own,
      'orders: Read DescribeConfigs',
      'orders-by-kind: Read Write Delete Alter DescribeConfigs',
      ...ownGroups,
      'group av-telemetry:orders',
      'group av-telemetry:orders:orders-by-kind',
    ])
  })

  it('include the topics of tasks: messages, results and errors', () => {
    const text =
      'name = "job"\nfrom.topic = "jobs"\nrun = "count"\nto.topic = "results"\nerrors = "problems"\n'
    expect(rightsOf(text)).to.deep.equal([
      ...own,
      'jobs: Read DescribeConfigs',
      'results: Write',
      'problems: Write',
      ...ownGroups,
      'group av-telemetry:job',
    ])
  })

  it('name a topic once that has several uses', () => {
    expect(rightsOf(rows('"test_topic"'))).to.deep.equal([
      ...own,
      ...ownGroups,
      'group av-telemetry:orders',
    ])
  })

  it('of verify and bench include Delete, and the groups of comparisons', () => {
    const scratch = neededForScratch(toConfig({}, ['kafka.topic=a_scratch']))
    expect(toTexts(scratch)).to.deep.equal([
      'a_scratch: Read Write DescribeConfigs Delete',
      'a_scratch.devices: Read Write DescribeConfigs Delete',
      'group av-telemetry-a_scratch',
      'group av-telemetry-dashboard-*',
      'group av-telemetry-verify-a_scratch-*',
    ])
  })
})

/** A pipeline that stores records of a topic. */
const rows = (topic: string): string => `name = "orders"
from.topic = ${topic}
map.columns = [{ name = "id", type = "text" }, { name = "kind", type = "text" }]
[to.table]
name = "orders"
key = ["id"]
`
