import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import type { DevicePosition } from '../../../scripts/workload/devices/device-requests.ts'
import { deviceRequests } from '../../../scripts/workload/devices/device-requests.ts'
import { send } from '../../../scripts/workload/devices/send.ts'
import { sharedServers } from '../../support/servers.ts'
import { addDevice, openDevices } from '../../support/tenant-devices.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const requests = 10_000
const vehicles = 50
/** Before these answers the producer is killed. */
const kills = [1_500, 4_000, 7_000]

describe('kill -9 of the producer while devices report in all formats', function () {
  this.timeout(300_000)

  it('each of 10,000 positions that the clients repeat until 2xx is one row', async () => {
    await using tenant = await Tenant.create(await sharedServers(), ['devices.unknown=refuse'])
    await tenant.startConsumer()
    const devices = await openDevices(tenant)
    const tokens: string[] = []
    for (let vehicle = 0; vehicle < vehicles; vehicle += 1)
      tokens.push(await addDevice(devices, `KILL-${vehicle}`))
    await devices[Symbol.asyncDispose]()
    let producer: ChildProcess = tenant.spawn('producer')
    const agent = new Agent({ keepAlive: true })
    const builders = Object.values(deviceRequests)
    const begin = Math.floor(Date.now() / 1_000) - requests
    let acknowledged = 0
    let repeated = 0

    /** The requests of one vehicle, one after another, as apps send them. */
    async function drive(vehicle: number): Promise<void> {
      const id = `KILL-${vehicle}`
      for (let number = vehicle; number < requests; number += vehicles) {
        const at = { seconds: begin + number, latitude: 1 + number / 1e6, longitude: 2 }
        const position: DevicePosition = { id, token: tokens[vehicle] ?? '', ...at }
        const request = builders[Math.floor(number / vehicles) % builders.length]?.(position)
        if (request === undefined) throw new Error('there is no format')
        for (;;) {
          const { status } = await send(tenant.url, request, agent)
          if (status === 200 || status === 202) break
          expect(status).to.be.oneOf(['no-answer', 503])
          repeated += 1
          await wait(100)
        }
        acknowledged += 1
      }
    }

    async function kill(): Promise<void> {
      for (const answers of kills) {
        await until(`${answers} answers`, () => acknowledged >= answers, 120)
        producer.kill('SIGKILL')
        await once(producer, 'exit')
        producer = tenant.spawn('producer')
      }
    }

    await Promise.all([kill(), ...tokens.map((_, vehicle) => drive(vehicle))])
    agent.destroy()
    expect(acknowledged).to.equal(requests)
    expect(repeated).to.be.above(kills.length)
    const counts = async () => {
      const [row] = await tenant.sql<{ rows: number; positions: number }>(
        `select count(*)::int as rows, count(distinct (vin, recorded_at))::int as positions from diag`,
      )
      return row
    }
    await until('each position is a row', async () => (await counts())?.positions === requests, 120)
    expect(await tenant.account()).to.include({ stored: requests, updated: 0, deadLettered: 0 })
    expect(await counts()).to.deep.equal({ rows: requests, positions: requests })
    expect(await tenant.sql('select * from dead_letter')).to.deep.equal([])
  })
})
