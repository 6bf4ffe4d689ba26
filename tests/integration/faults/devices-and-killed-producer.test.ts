import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { expect } from 'chai'
import type { DevicePosition } from '../../../scripts/workload/devices/device-requests.ts'
import type { DeviceAnswer } from '../../../scripts/workload/devices/send.ts'
import type { ReportingClient } from '../../support/reporting-clients.ts'
import { reportingClients } from '../../support/reporting-clients.ts'
import { sharedServers } from '../../support/servers.ts'
import { addDevice, openDevices } from '../../support/tenant-devices.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

/**
 * TEST_DEVICE_POSITIONS=10000 npm test -- tests/integration/faults/devices-and-killed-producer.test.ts sends 10,000
 * positions in each format.
 */
const positionsPerFormat = Number(process.env['TEST_DEVICE_POSITIONS'] ?? 1_000)
const vehiclesPerFormat = 5
/** The producer is killed when this share of the positions is sent. */
const kills = [0.15, 0.4, 0.7]
/** One of so many positions is outside the range, so it can never become a row. */
const badEvery = 25

/** After these an app may repeat the request. */
const repeatable: readonly DeviceAnswer['status'][] = [200, 202, 503, 'no-answer']
/** These apps drop a request after some attempts. */
const givingUp = ['OsmAnd', 'GPSLogger', 'Traccar forward.type=url', 'Traccar forward.type=json']

type Vehicle = { readonly id: string; readonly token: string; readonly client: ReportingClient }

describe('kill -9 of the producer while devices report in all formats', function () {
  this.timeout(600_000)

  let tenant: Tenant
  let agent: Agent
  let producer: ChildProcess
  let vehicles: readonly Vehicle[]

  before(async () => {
    agent = new Agent({ keepAlive: true })
    tenant = await Tenant.create(await sharedServers(), ['devices.unknown=refuse'])
    await tenant.startConsumer()
    await using devices = await openDevices(tenant)
    const added: Vehicle[] = []
    for (const client of reportingClients(tenant.url, agent)) {
      for (let each = 0; each < vehiclesPerFormat; each += 1) {
        const id = `${client.name.replace(/[^A-Za-z0-9]+/g, '-')}-${each}`
        added.push({ id, token: await addDevice(devices, id), client })
      }
    }
    vehicles = added
    producer = tenant.spawn('producer')
  })

  after(async () => {
    agent.destroy()
    await tenant[Symbol.asyncDispose]()
  })

  it('each position that an app takes as delivered is one row or a dead letter, and no queue is blocked', async () => {
    const perVehicle = positionsPerFormat / vehiclesPerFormat
    const total = vehicles.length * perVehicle
    const begin = Math.floor(Date.now() / 1_000) - perVehicle - 60
    const keyOf = ({ id, seconds }: Pick<DevicePosition, 'id' | 'seconds'>) => `${id} ${seconds}`
    /** Of good positions, by what the apps know about them. */
    const delivered = new Set<string>()
    const dropped = new Set<string>()
    /** The latitudes of bad positions: each is used once. */
    const deliveredBad = new Set<string>()
    const droppedBy = new Set<string>()
    const statuses = new Set<DeviceAnswer['status']>()
    let sent = 0
    let repeats = 0

    /** The queue of an app, one request after another. */
    async function drive({ id, token, client }: Vehicle, index: number): Promise<void> {
      for (let first = 0; first < perVehicle; first += client.batch) {
        const length = Math.min(client.batch, perVehicle - first)
        const positions = Array.from({ length }, (_, each) => {
          const number = first + each
          // Our own clients get 422 for such a reading; this is not about them.
          const isBad = number % badEvery === badEvery - 1 && client.name !== 'own JSON'
          const latitude = (isBad ? 100 + index : 1) + number / 1e6
          return { id, token, seconds: begin + number, latitude, longitude: 2 }
        })
        const reported = await client.report(positions)
        for (const status of reported.statuses) statuses.add(status)
        repeats += reported.statuses.length - 1
        sent += length
        if (!reported.isDelivered) droppedBy.add(client.name)
        for (const position of positions) {
          if (!reported.isDelivered) dropped.add(keyOf(position))
          else if (position.latitude >= 100) deliveredBad.add(String(position.latitude))
          else delivered.add(keyOf(position))
        }
      }
    }

    async function kill(): Promise<void> {
      for (const share of kills) {
        await until(`${share} of the positions are sent`, () => sent >= share * total, 300)
        producer.kill('SIGKILL')
        await once(producer, 'exit')
        producer = tenant.spawn('producer')
      }
    }

    await Promise.all([kill(), ...vehicles.map(drive)])
    expect(sent).to.equal(total)
    expect(repeats).to.be.above(kills.length)
    expect([...statuses].filter((status) => !repeatable.includes(status))).to.deep.equal([])
    expect([...droppedBy].filter((name) => !givingUp.includes(name))).to.deep.equal([])

    const keysOf = (rows: readonly { vin: string; seconds: number }[]) =>
      rows.map(({ vin, seconds }) => keyOf({ id: vin, seconds }))
    const rows = await until(
      'each delivered position is a row',
      async () => {
        const found = keysOf(
          await tenant.sql(`select vin, extract(epoch from recorded_at)::int as seconds from diag`),
        )
        const all = new Set(found)
        return [...delivered].every((key) => all.has(key)) && found
      },
      120,
    )
    expect(new Set(rows).size, 'a position is stored twice').to.equal(rows.length)
    const known = new Set([...delivered, ...dropped])
    expect(rows.filter((key) => !known.has(key))).to.deep.equal([])
    await until('each refused position is a dead letter', async () => {
      const letters = await tenant.sql<{ value: Buffer }>(
        'select record_value as value from dead_letter',
      )
      const text = letters.map(({ value }) => value.toString()).join()
      return [...deliveredBad].every((latitude) => text.includes(latitude))
    })
  })
})
