import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'chai'
import { samplesOf } from '../../support/metrics.ts'
import type { RawClient } from '../../support/raw-clients.ts'
import { disconnectAll, rawClients } from '../../support/raw-clients.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant, withIngress } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

/** The defaults of `services.maxConnectionsPerClient` and `dashboard.maxStreamsPerClient`. */
const [maxConnections, maxStreams] = [1_024, 32]
const more = 40

describe('Limits of one client address', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let withoutIngress: Tenant
  let clients: RawClient[]

  before(async () => {
    tenant = await Tenant.create(await sharedServers(), withIngress)
    withoutIngress = await Tenant.create(await sharedServers())
    await Promise.all([
      tenant.startProducer(),
      tenant.startIngress(),
      tenant.startDashboard(),
      withoutIngress.startProducer(),
    ])
    await until('the ingress serves', async () => (await fetch(eventsUrl())).ok)
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
    await withoutIngress[Symbol.asyncDispose]()
  })

  afterEach(() => {
    disconnectAll(clients)
  })

  const eventsUrl = ({ ingressUrl } = tenant) => `${ingressUrl}/events`
  const refused = async (limit: string, opsPort = tenant.config.dashboard.opsHostPort) => {
    const samples = await samplesOf(opsPort)
    return samples.get(`telemetry_refused_total{limit="${limit}"}`)
  }

  /** The begin of the response to a client with another address of this machine. */
  async function fetchFrom(localAddress: string, { host, pathname }: URL): Promise<string> {
    const [hostname = '', port] = host.split(':')
    const socket = connect({ host: hostname, port: Number(port), localAddress })
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    const [response] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    return response.toString('latin1')
  }

  for (const { service, url, opsPort } of [
    { service: 'ingress', url: () => eventsUrl(), opsPort: undefined },
    {
      service: 'producer without an ingress',
      url: () => eventsUrl(withoutIngress),
      opsPort: () => withoutIngress.config.producer.opsHostPort,
    },
    {
      service: 'dashboard',
      url: () => `${tenant.dashboardUrl}/api/settings`,
      opsPort: () => tenant.config.dashboard.opsHostPort,
    },
  ]) {
    it(`the ${service} closes connections above ${maxConnections} of one address, and serves others`, async () => {
      clients = await rawClients(url(), maxConnections + more)
      const closed = () => clients.filter(({ isClosed }) => isClosed)
      // The tests' own connections to the service count too.
      await until('the others are closed', () => closed().length >= more)
      expect(closed().length).to.be.lessThan(more + 10)
      expect(closed().every(({ received }) => received === '')).to.equal(true)
      expect(await fetchFrom('127.0.0.9', new URL(url()))).to.match(/^HTTP\/1.1 200 /)
      if (opsPort)
        await until('each closed connection is counted', async () => {
          return (await refused('connections-per-client', opsPort())) === closed().length
        })
      disconnectAll(clients)
      await until('the address is served again', async () => (await fetch(url())).ok)
    })
  }

  it(`the dashboard answers 429 to streams above ${maxStreams} of one address, and serves others`, async () => {
    clients = await rawClients(tenant.dashboardUrl, maxStreams + 8)
    const request = 'GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n'
    for (const { socket } of clients) socket.write(request)
    await until('all are answered', () => clients.every(({ received }) => received.length > 0))
    const answered = (status: number) =>
      clients.filter(({ received }) => received.startsWith(`HTTP/1.1 ${status} `))
    expect([answered(200).length, answered(429).length]).to.deep.equal([maxStreams, 8])
    const [first] = answered(429)
    expect(first?.received).to.match(/retry-after: 10/i)
    expect(first?.received).to.contain('(dashboard.maxStreamsPerClient)')
    expect(await refused('streams-per-client')).to.equal(8)
    const stream = new URL(`${tenant.dashboardUrl}/api/stream`)
    expect(await fetchFrom('127.0.0.9', stream)).to.match(/^HTTP\/1.1 200 /)
    answered(200)[0]?.socket.destroy()
    await until('there is room for another stream', async () => {
      const [client] = await rawClients(tenant.dashboardUrl, 1)
      if (client === undefined) return false
      clients.push(client)
      client.socket.write(request)
      await until('it is answered', () => client.received.length > 0)
      return client.received.startsWith('HTTP/1.1 200 ')
    })
  })
})
