import http from 'node:http'
import { expect } from 'chai'
import { openBrokers } from '../../../scripts/platform/kafka-queries.ts'
import { devicesTopicOf } from '../../../services/devices/devices-topic.ts'
import { hashOfToken, newToken } from '../../../services/devices/device-token.ts'
import type { OpenRegistry } from '../../../services/devices/open-registry.ts'
import { readConfig } from '../../../services/producer/config.ts'
import { startProducer } from '../../../services/producer/service.ts'
import type { KeyAndValue } from '../../../services/telemetry/devices/device.ts'
import { encodeMarker } from '../../../services/telemetry/devices/device.ts'
import { readingJson } from '../../support/http-client.ts'
import { samplesOf } from '../../support/metrics.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { envOf, sharedServers } from '../../support/servers.ts'
import { addDevice, openDevices } from '../../support/tenant-devices.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'
import type { SentAs } from '../../support/vehicle-in-requests.ts'
import { formats, ownVehicle, seconds, spoofs } from '../../support/vehicle-in-requests.ts'

describe('Registered devices', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let devices: OpenRegistry

  before(async () => {
    tenant = await Tenant.create(await sharedServers(), ['producer.instances=2'])
    await tenant.startProducer()
    await tenant.startProducer(1)
    await tenant.startConsumer()
    devices = await openDevices(tenant)
  })

  after(async () => {
    await devices[Symbol.asyncDispose]()
    await tenant[Symbol.asyncDispose]()
  })

  async function send(
    { path, method = 'POST', headers: given, body }: SentAs,
    token?: string,
    origin = tenant.url,
  ) {
    const headers: Record<string, string> = { 'content-type': 'application/json', ...given }
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const sent = { method, headers, ...(body !== undefined && { body: text }) }
    const response = await fetch(`${origin}${path}`, sent)
    const answer = await response.text()
    return { status: response.status, answer }
  }

  const codeOf = (answer: string) => (JSON.parse(answer) as { code?: string }).code

  /** Waits until the producer has read what was written. */
  const statusBecomes = (expected: number, sent: SentAs, token?: string) =>
    until(`the status is ${expected}`, async () => (await send(sent, token)).status === expected)

  it('a device with its token becomes a row under its vin, also with an alias or without an id', async () => {
    const token = await addDevice(devices, 'OWN-1', ['my phone'])
    const at = (id: string, second: number) => ({
      path: `/devices/osmand?${id}timestamp=${seconds + second}&lat=1&lon=2&speed_mps=1`,
    })
    await statusBecomes(200, at('id=OWN-1&', 0), token)
    expect((await send(at('id=my+phone&', 1), token)).status).to.equal(200)
    expect((await send(at('', 2), token)).status).to.equal(200)
    await until('three rows are under the vin', async () => {
      const [row] = await tenant.sql<{ count: number }>(
        `select count(*)::int as count from diag where vin = 'OWN-1'`,
      )
      return row?.count === 3
    })
    expect(await tenant.sql('select * from dead_letter')).to.deep.equal([])
  })

  it('the token of one device is refused for the vin of another in every format, and nothing is stored', async () => {
    const token = await addDevice(devices, ownVehicle)
    await addDevice(devices, 'SPOOF-B', ['SB'])
    await statusBecomes(403, { path: '/events', body: readingJson('SPOOF-B') }, token)
    const counter = 'telemetry_requests_for_vehicle_refused_total{why="other-vehicle"}'
    const counted = async () =>
      (await samplesOf(tenant.config.producer.opsHostPort)).get(counter) ?? 0
    const before = await counted()
    let refused = 0
    for (const [format, toSent] of Object.entries({ ...formats, ...spoofs }))
      for (const vin of ['SPOOF-B', 'SB', 'UNREGISTERED']) {
        const { status, answer } = await send(toSent(vin), token)
        expect([format, vin, status, codeOf(answer)]).to.deep.equal([
          format,
          vin,
          403,
          'other-vehicle',
        ])
        refused += 1
      }
    expect(await counted()).to.equal(before + refused)
    for (const [format, toSent] of Object.entries(formats)) {
      const { status } = await send(toSent('SPOOF-A'), token)
      expect([format, status]).to.deep.equal([format, format.startsWith('POST') ? 202 : 200])
    }
    await until('the own readings are rows', async () => {
      const rows = await tenant.sql(`select from diag where vin = 'SPOOF-A'`)
      return rows.length >= Object.keys(formats).length
    })
    expect(
      await tenant.sql(`select from diag where vin in ('SPOOF-B', 'SB', 'UNREGISTERED')`),
    ).to.deep.equal([])
    expect(await tenant.sql('select * from dead_letter')).to.deep.equal([])
  })

  it('without a token, a registered vehicle is refused and another one is accepted', async () => {
    await addDevice(devices, 'GUARDED')
    await statusBecomes(401, { path: '/events', body: readingJson('GUARDED') })
    for (const toSent of Object.values(formats))
      expect((await send(toSent('GUARDED'))).status).to.equal(401)
    expect((await send({ path: '/events', body: readingJson('FREE') })).status).to.equal(202)
    const both = { path: '/events', body: [readingJson('FREE'), readingJson('GUARDED')] }
    expect((await send(both)).status).to.equal(401)
  })

  it('two producers refuse a revoked token within two seconds, also on connections that are open', async () => {
    const token = await addDevice(devices, 'REVOKED')
    const second = `http://127.0.0.1:${tenant.config.producer.hostPort + 1}`
    const origins = [tenant.url, second]
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const post = (origin: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
        const request = http.request(`${origin}/events`, { method: 'POST', agent, headers })
        request.on('response', (response) => {
          response.resume().on('end', () => {
            resolve(response.statusCode ?? 0)
          })
        })
        request.on('error', reject).end(JSON.stringify(readingJson('REVOKED')))
      })
    for (const origin of origins)
      await until('the token is accepted', async () => (await post(origin)) === 202)
    const outcome = await devices.writer.write({ kind: 'revoke', vin: 'REVOKED' })
    expect(outcome.kind).to.equal('stands')
    const writtenAt = performance.now()
    for (const origin of origins)
      await until('the token is refused', async () => (await post(origin)) === 401)
    const tookMs = performance.now() - writtenAt
    expect(tookMs).to.be.below(2_000)
    agent.destroy()
  })

  it('if two writers change a device at the same time, one change stands, and the other writer gets "void"', async () => {
    await addDevice(devices, 'TWICE')
    const other = await openDevices(tenant)
    try {
      const outcomes = await Promise.all([
        devices.writer.write({ kind: 'revoke', vin: 'TWICE' }),
        other.writer.write({ kind: 'rename', vin: 'TWICE', name: 'Van' }),
      ])
      expect(outcomes.map(({ kind }) => kind).sort()).to.deep.equal(['stands', 'void'])
      await until('both have read the repair', () =>
        [devices, other].every(({ reader }) => reader.registry?.overwritten.size === 0),
      )
      const seen = [devices, other].map(({ reader }) => reader.registry?.find('TWICE'))
      expect(seen[0]).to.deep.equal(seen[1])
      expect(seen[0]?.tokenHash === null).to.equal(outcomes[0].kind === 'stands')
    } finally {
      await other[Symbol.asyncDispose]()
    }
  })

  it('the devices are copied to the database, without the hash for the role that reads', async () => {
    const tokenHash = hashOfToken(newToken())
    await devices.writer.write({
      kind: 'add',
      vin: 'COPIED',
      name: 'Van "7" ä',
      aliases: ['a', 'b,c'],
      tokenHash,
    })
    const row = await until('the device is a row', async () => {
      const [found] = await tenant.sql(
        `select name, aliases, token_hash, revision, removed from device where vin = 'COPIED'`,
      )
      return found
    })
    expect(row).to.deep.equal({
      ...{ name: 'Van "7" ä', aliases: ['a', 'b,c'], token_hash: tokenHash },
      ...{ revision: 1, removed: false },
    })
    const [rights] = await tenant.sql<{ name: boolean; hash: boolean }>(
      `select has_column_privilege('telemetry_reader', 'device', 'name', 'select') as name,
              has_column_privilege('telemetry_reader', 'device', 'token_hash', 'select') as hash`,
    )
    expect(rights).to.deep.equal({ name: true, hash: false })
  })

  it('a new topic gets the devices from the database, and their tokens stay valid', async () => {
    const token = await addDevice(devices, 'KEPT')
    await until('the device is a row', async () => {
      return (await tenant.sql(`select from device where vin = 'KEPT'`)).length === 1
    })
    await tenant.deleteDevicesTopic()
    await tenant.provision()
    const sent = { path: '/events', body: readingJson('KEPT') }
    expect((await send(sent, token)).status).to.equal(202)
    const again = await openDevices(tenant)
    expect(again.reader.registry?.find('KEPT')).to.include({ vin: 'KEPT', removed: false })
    await until(
      'the reader that was running has read the new topic',
      () =>
        devices.reader.registry?.marker?.registryId === again.reader.registry?.marker?.registryId,
    )
    await again[Symbol.asyncDispose]()
    const later = await addDevice(devices, 'LATER')
    await statusBecomes(202, { path: '/events', body: readingJson('LATER') }, later)
  })

  /** Appends a record to the topic of devices. */
  async function append({ key, value }: KeyAndValue): Promise<void> {
    const topic = devicesTopicOf(tenant.config.kafka.topic)
    const producer = openBrokers(tenant.kafka).client((kafka) => kafka.producer())
    await producer.connect()
    await producer.send({ topic, messages: [{ key, value }] })
    await producer.disconnect()
  }

  it('a token stays revoked if Kafka has lost the last records, and Postgres has them', async () => {
    const token = await addDevice(devices, 'TAIL')
    const sent = { path: '/events', body: readingJson('TAIL') }
    await statusBecomes(202, sent, token)
    await until('the device is a row', async () => {
      return (await tenant.sql(`select from device where vin = 'TAIL'`)).length === 1
    })
    await tenant.sql(
      `update device set revision = revision + 1, token_hash = null where vin = 'TAIL'`,
    )
    await tenant.provision()
    await statusBecomes(401, sent, token)
  })

  it('a producer that starts while Postgres cannot be reached gets ready, and knows the devices', async () => {
    const token = await addDevice(devices, 'WITHOUT-SQL')
    const topic = `kafka.topic=${tenant.config.kafka.topic}`
    const servers = await sharedServers()
    await using other = await Tenant.create(servers, [topic], { provision: false })
    const env = { ...envOf(other.deployment, 'producer-0'), POSTGRES_PORT: '1' }
    const stop = new AbortController()
    await using running = await startProducer(readConfig(env), serviceLogger, stop.signal)
    expect(running).to.not.equal(undefined)
    const { opsHostPort } = other.config.producer
    await until('it is ready', async () => {
      return (await fetch(`http://127.0.0.1:${opsHostPort}/readyz`)).status === 200
    })
    const sent = { path: '/events', body: readingJson('WITHOUT-SQL') }
    expect((await send(sent, token, other.url)).status).to.equal(202)
    expect((await send(sent, undefined, other.url)).status).to.equal(401)
  })

  it('provisioning completes a topic that has fewer devices than its marker counts', async () => {
    const before = devices.reader.registry
    const { registryId = '', acceptsUnknown = false } = before?.marker ?? {}
    await append(encodeMarker({ registryId, count: 1_000, acceptsUnknown }))
    await until('the marker was read', () => before?.marker?.count === 1_000)
    await tenant.provision()
    const again = await openDevices(tenant)
    expect(again.reader.registry?.marker).to.deep.equal({
      ...{ registryId, acceptsUnknown },
      count: again.reader.registry?.size,
    })
    await again[Symbol.asyncDispose]()
  })
})
