import type { ChildProcess } from 'node:child_process'
import { expect } from 'chai'
import { postJson, readingJson } from '../../support/http-client.ts'
import { residentMegabytes, samplesOf } from '../../support/metrics.ts'
import { disconnectAll, rawClients } from '../../support/raw-clients.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const vehicles = 1_000
/** Nearly as many bytes as metadata may have: a list of all vehicles has over 4 MB. */
const metadata = { filling: 'x'.repeat(4_000) }
const listPath = `/api/vehicles?limit=${vehicles}`
const connections = 200

describe('Clients that do not read their responses', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let dashboard: ChildProcess

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    dashboard = tenant.spawn('dashboard')
    await until('the dashboard serves', async () => (await statusOf('/api/settings')) === 200)
    for (let first = 0; first < vehicles; first += 100) {
      const readings = Array.from({ length: 100 }, (_, index) => ({
        ...readingJson(`V-${first + index}`),
        metadata,
      }))
      expect((await postJson(tenant, readings)).status).to.equal(202)
    }
    await until('the dashboard has all vehicles', async () => (await listed()) === vehicles)
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  const get = (path: string) => fetch(`${tenant.dashboardUrl}${path}`)
  async function statusOf(path: string): Promise<number> {
    const response = await get(path)
    await response.arrayBuffer()
    return response.status
  }
  async function listed(): Promise<number> {
    const { vehicles: found } = (await (await get(listPath)).json()) as { vehicles: unknown[] }
    return found.length
  }
  const opsPort = () => tenant.config.dashboard.opsHostPort

  it(`${connections} connections that request 4 MB each cost the dashboard less than 250 MB, and others get 200 or 503`, async () => {
    const before = await residentMegabytes(opsPort())
    const clients = await rawClients(tenant.dashboardUrl, connections)
    try {
      for (const { socket } of clients) {
        socket.pause()
        socket.write(`GET ${listPath} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      }
      // Answered after all requests before it.
      expect(await statusOf(listPath)).to.be.oneOf([200, 503])
      expect(await statusOf('/api/settings')).to.equal(200)
      expect((await residentMegabytes(opsPort())) - before).to.be.lessThan(250)
      const refused = (await samplesOf(opsPort())).get(
        'telemetry_refused_total{limit="unsent-bytes"}',
      )
      expect(refused).to.be.greaterThan(connections / 2)
      for (const { socket } of clients) socket.resume()
      const isRefused = ({ received }: { received: string }) =>
        received.startsWith('HTTP/1.1 503 ') && /retry-after: 5/i.test(received)
      await until('most of the clients got 503', () => {
        return clients.filter(isRefused).length > connections / 2
      })
    } finally {
      disconnectAll(clients)
    }
    await until('all vehicles are listed', async () => (await listed()) === vehicles)
    expect([dashboard.exitCode, dashboard.signalCode]).to.deep.equal([null, null])
  })
})
