import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { proxyHeaderOf } from '../../../services/adapters/http/proxy/proxy-header.ts'
import { readingJson } from '../../support/http-client.ts'
import { samplesOf } from '../../support/metrics.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant, withIngress } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe("PROXY header at the producer's port", function () {
  this.timeout(90_000)
  let tenant: Tenant
  let secret: string

  before(async () => {
    const servers = await sharedServers()
    // One request of 100 readings uses the limit of a client for many seconds.
    const settings = [...withIngress, 'ingress.maxReadingsPerSecondPerClient=10']
    tenant = await Tenant.create(servers, settings)
    secret = readFileSync(`${servers.folders.secrets}/proxy`, 'utf8')
    await tenant.startProducer()
  })

  after(() => tenant[Symbol.asyncDispose]())

  const headerOf = (remoteAddress: string, shown: string): Buffer => {
    const ends = { remoteAddress, localAddress: '127.0.0.1', remotePort: 1, localPort: 2 }
    return proxyHeaderOf(ends, shown)
  }
  const headerWithoutSecret = (): Buffer => {
    const header = Buffer.from(headerOf('203.0.113.9', '').subarray(0, 28))
    header.writeUInt16BE(12, 14)
    return header
  }

  const vins = ['FORGED', 'INGRESS', 'DIRECT', 'OTHER']

  /** Posts readings on a new connection; returns the status, or 0 if there is no answer. */
  async function post(vin: string, header: Buffer | string, count = 1): Promise<number> {
    const readings = Array.from({ length: count }, (_, sequence) => ({
      ...readingJson(vin),
      sequence,
    }))
    const body = JSON.stringify(readings)
    const socket = connect({ port: tenant.config.producer.hostPort, host: '127.0.0.1' })
    socket.write(header)
    socket.write(
      `POST /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    const answer = await text(socket).catch(() => '')
    return Number(/^HTTP\/1.1 (\d+) /.exec(answer)?.[1] ?? 0)
  }

  const counted = async (why: string): Promise<number> => {
    const name = `telemetry_proxy_headers_refused_total{why="${why}"}`
    return (await samplesOf(tenant.config.producer.opsHostPort)).get(name) ?? NaN
  }
  const accepted = async (): Promise<number> =>
    (await samplesOf(tenant.config.producer.opsHostPort)).get(
      'telemetry_readings_accepted_total',
    ) ?? NaN

  for (const [why, title, header] of [
    ['no-secret', 'without the secret', headerWithoutSecret],
    ['wrong-secret', 'with a wrong secret', () => headerOf('203.0.113.9', 'x'.repeat(32))],
    ['version-1', 'of version 1', () => 'PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n'],
    [
      'malformed',
      'that is not readable',
      () => Buffer.from('0d0a0d0a000d0a515549540a31110000', 'hex'),
    ],
  ] as const) {
    it(`${title} is refused and counted, and nothing is stored`, async () => {
      const before = [await counted(why), await accepted()] as const
      expect(await post('FORGED', header())).to.equal(0)
      await until('the connection is counted', async () => (await counted(why)) === before[0] + 1)
      expect(await accepted()).to.equal(before[1])
    })
  }

  it('with the secret names the client that the rate limit counts', async () => {
    expect(await post('INGRESS', headerOf('198.51.100.1', secret), 100)).to.equal(202)
    expect(await post('INGRESS', headerOf('198.51.100.1', secret))).to.equal(429)
    expect(await post('OTHER', headerOf('198.51.100.2', secret))).to.equal(202)
  })

  it('is not needed: a direct connection counts under its own address', async () => {
    expect(await post('DIRECT', '', 100)).to.equal(202)
    expect(await post('DIRECT', '')).to.equal(429)
    expect(await post('DIRECT', headerOf('127.0.0.1', secret))).to.equal(429)
    expect(await post('OTHER', headerOf('198.51.100.3', secret))).to.equal(202)
  })

  it('leaves rows only of the requests that were accepted', async () => {
    await tenant.startConsumer()
    await until('the accepted readings are stored', async () => (await tenant.countRows()) > 200)
    const rows = await tenant.sql<{ vin: string }>(`select distinct vin from diag order by vin`)
    expect(rows.map(({ vin }) => vin)).to.deep.equal(vins.filter((vin) => vin !== 'FORGED').sort())
  })
})
