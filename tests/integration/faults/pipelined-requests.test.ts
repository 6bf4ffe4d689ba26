import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { roadsFile } from '../../../infra/local/placement.ts'
import { residentMegabytes } from '../../support/metrics.ts'
import { disconnectAll, openFiles, rawClient, rawClients } from '../../support/raw-clients.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const count = 1_100
const requestsFor = (path: string, howMany = count): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(howMany)

describe('Pipelined requests', function () {
  this.timeout(90_000)
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-pipelined-'))
  let tenant: Tenant
  let producer: ChildProcess
  let dashboard: ChildProcess

  before(async () => {
    const mapFile = join(folder, 'map.pmtiles')
    writeFileSync(mapFile, Buffer.alloc(1024 * 1024))
    tenant = await Tenant.create(await sharedServers(), [`dashboard.pmtilesFile=${mapFile}`])
    const roads = roadsFile(tenant.deployment.folders)
    mkdirSync(dirname(roads), { recursive: true })
    writeFileSync(
      roads,
      JSON.stringify({ type: 'FeatureCollection', features: [], filler: 'x'.repeat(1_000_000) }),
    )
    producer = tenant.spawn('producer')
    dashboard = tenant.spawn('dashboard')
    const isServed = async (url: string) => (await fetch(url)).ok
    await until('the producer serves', () => isServed(`${tenant.url}/events`))
    await until('the dashboard serves', () => isServed(`${tenant.dashboardUrl}/api/settings`))
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Sends the requests, waits for the first response and closes the connection. */
  async function sendAndDisconnect(base: string, path: string): Promise<void> {
    const client = await rawClient(base)
    client.socket.write(requestsFor(path))
    await until('a response begins', () => client.received.length > 0)
    client.socket.destroy()
  }

  for (const { service, path } of [
    { service: 'producer', path: '/docs/swagger-ui-bundle.js' },
    { service: 'producer', path: '/docs/swagger-ui.css' },
    { service: 'dashboard', path: '/api/roads' },
    { service: 'dashboard', path: '/map.pmtiles' },
  ] as const) {
    it(`${count} requests for ${path} leave no open file in the ${service} after the client has disconnected`, async () => {
      const [child, base] =
        service === 'producer' ? [producer, tenant.url] : [dashboard, tenant.dashboardUrl]
      const before = openFiles(child)
      await sendAndDisconnect(base, path)
      await until(
        () => `the ${service} has about ${before} open files; it has ${openFiles(child)}`,
        () => openFiles(child) <= before + 20,
      )
    })
  }

  it(`${count} requests are answered in order`, async () => {
    const client = await rawClient(tenant.url)
    const paths = ['/events', '/nowhere']
    client.socket.write(
      paths
        .map((path) => requestsFor(path, 1))
        .join('')
        .repeat(count / 2),
    )
    const statuses = () =>
      [...client.received.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status))
    await until('all requests are answered', () => statuses().length === count)
    disconnectAll([client])
    expect(statuses()).to.deep.equal(Array.from({ length: count }, (_, i) => (i % 2 ? 404 : 200)))
  })

  it('40 connections that read no response cost the producer less than 100 MB', async () => {
    const memory = () => residentMegabytes(tenant.config.producer.opsHostPort)
    const before = await memory()
    const clients = await rawClients(tenant.url, 40)
    for (const { socket } of clients) {
      socket.pause()
      socket.write(requestsFor('/docs/swagger-ui-bundle.js'))
    }
    await until('the producer serves another client', async () => {
      return (await fetch(`${tenant.url}/events`)).ok
    })
    const during = await memory()
    disconnectAll(clients)
    expect(during - before).to.be.lessThan(100)
  })
})
