import { expect } from 'chai'
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser'
import {
  ingestConfig,
  passwordVariables,
  sinkConfig,
} from '../../../../../scripts/bench/peers/telegraf-config.ts'
import { numberedRecord } from '../../../../../scripts/workload/readings/numbered-readings.ts'

type Plugin = Readonly<Record<string, unknown>>
type Config = {
  readonly agent: Plugin
  readonly inputs: Readonly<Record<string, readonly Plugin[]>>
  readonly outputs: Readonly<Record<string, readonly Plugin[]>>
}

const parse = (toml: string): Config => getStaticTOMLValue(parseTOML(toml)) as unknown as Config

const login = { mechanism: 'plain', username: 'platform', password: 'secret-of-kafka' } as const
const kafka = { brokers: ['127.0.0.1:9092', '127.0.0.1:9093'], topic: 'telemetry', login }
const postgres = { host: '127.0.0.1', port: 5432, database: 'fleet', user: 'owner' }
const sinkOrder = { kafka, groupId: 'bench-telegraf-1', table: 'peer_reading', postgres }
const ingestOrder = { kafka, port: 5009, path: '/events' }

const consumerOf = (toml: string): Plugin => parse(toml).inputs['kafka_consumer']?.[0] ?? {}
const listenerOf = (toml: string): Plugin => parse(toml).inputs['http_listener_v2']?.[0] ?? {}
const kafkaOutputOf = (toml: string): Plugin => parse(toml).outputs['kafka']?.[0] ?? {}

describe('the configuration of Telegraf from Kafka to Postgres', () => {
  it('reads the whole topic with its own consumer group', () => {
    expect(consumerOf(sinkConfig(sinkOrder))).to.deep.include({
      brokers: kafka.brokers,
      topics: ['telemetry'],
      consumer_group: 'bench-telegraf-1',
      offset: 'oldest',
    })
  })

  it('writes into the given table, whose columns it does not change', () => {
    const toml = sinkConfig(sinkOrder)
    expect(consumerOf(toml)['name_override']).to.equal('peer_reading')
    expect(parse(toml).outputs['postgresql']?.[0]).to.deep.include({
      connection: 'host=127.0.0.1 port=5432 user=owner dbname=fleet sslmode=disable',
      create_templates: [],
      add_column_templates: [],
    })
  })

  it('stores every text of a reading, and its timestamp as recorded_at', () => {
    const reading = JSON.parse(String(numberedRecord(0, 0).value)) as Plugin
    const texts = Object.keys(reading).filter((key) => typeof reading[key] === 'string')
    const toml = sinkConfig(sinkOrder)
    const { tag_keys, json_string_fields, json_time_key } = consumerOf(toml)
    const stored = [tag_keys, json_string_fields, json_time_key].flat()
    expect(stored).to.have.members(texts)
    const [output] = parse(toml).outputs['postgresql'] ?? []
    expect(output?.['timestamp_column_name']).to.equal('recorded_at')
  })

  it('adds no tag with the name of the host', () => {
    expect(parse(sinkConfig(sinkOrder)).agent['omit_hostname']).to.equal(true)
  })

  it('can buffer all readings that it has read, so that it drops none', () => {
    const toml = sinkConfig(sinkOrder)
    expect(parse(toml).agent['metric_buffer_limit']).to.be.at.least(
      Number(consumerOf(toml)['max_undelivered_messages']),
    )
  })
})

describe('the configuration of Telegraf from HTTP to Kafka', () => {
  it('answers POST on the port and path with 202', () => {
    expect(listenerOf(ingestConfig(ingestOrder))).to.deep.include({
      service_address: 'tcp://127.0.0.1:5009',
      paths: ['/events'],
      methods: ['POST'],
      http_success_code: 202,
    })
  })

  it('appends to the topic with the vin as key and waits for all replicas', () => {
    expect(kafkaOutputOf(ingestConfig(ingestOrder))).to.deep.include({
      brokers: kafka.brokers,
      topic: 'telemetry',
      routing_tag: 'vin',
      required_acks: -1,
    })
  })
})

describe('the logins of Telegraf', () => {
  it('are in no configuration file: it reads the passwords from its environment', () => {
    for (const toml of [sinkConfig(sinkOrder), ingestConfig(ingestOrder)])
      expect(toml).to.not.include(login.password)
    const variables = passwordVariables({ postgres: 'a', kafka: 'b' })
    expect(variables['PGPASSWORD']).to.equal('a')
    for (const plugin of [
      consumerOf(sinkConfig(sinkOrder)),
      kafkaOutputOf(ingestConfig(ingestOrder)),
    ]) {
      expect(plugin['sasl_username']).to.equal(login.username)
      const [, variable = ''] = /^\$\{(\w+)\}$/.exec(String(plugin['sasl_password'])) ?? []
      expect(variables[variable]).to.equal('b')
    }
  })

  it('are left out for brokers that require none', () => {
    const { brokers, topic } = kafka
    const toml = ingestConfig({ ...ingestOrder, kafka: { brokers, topic } })
    expect(toml).to.not.include('sasl')
    expect(passwordVariables({ postgres: 'a', kafka: undefined })).to.deep.equal({
      PGPASSWORD: 'a',
    })
  })
})
