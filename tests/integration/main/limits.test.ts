import { request as httpRequest } from 'node:http'
import { json } from 'node:stream/consumers'
import { expect } from 'chai'
import type { JsonAnswer } from '../../support/http-client.ts'
import { manyReadings, postJson, readingJson } from '../../support/http-client.ts'
import { samplesOf } from '../../support/metrics.ts'
import { disconnectAll, rawClient } from '../../support/raw-clients.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant, withIngress } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('Limits of the producer', function () {
  this.timeout(90_000)

  const outcome = ({ status, headers, body }: JsonAnswer) => ({
    status,
    type: headers.get('content-type'),
    retryAfter: headers.get('retry-after'),
    title: body['title'],
  })

  async function metric({ config }: Tenant, name: string): Promise<number | undefined> {
    return (await samplesOf(config.producer.opsHostPort)).get(name)
  }

  describe('rate limit per client', () => {
    let tenant: Tenant

    beforeEach(async () => {
      const settings = [...withIngress, 'ingress.maxReadingsPerSecondPerClient=10']
      tenant = await Tenant.create(await sharedServers(), settings)
      await tenant.startProducer()
      await tenant.startIngress()
      await until('the ingress forwards', async () => {
        return (await fetch(`${tenant.ingressUrl}/events`)).status === 200
      })
    })

    afterEach(async () => {
      await tenant[Symbol.asyncDispose]()
    })

    const post = (count: number, address = '127.0.0.1', headers: Record<string, string> = {}) => {
      const posted = httpRequest(`${tenant.ingressUrl}/events`, {
        method: 'POST',
        agent: false,
        localAddress: address,
        headers: { 'content-type': 'application/json', ...headers },
      })
      posted.end(JSON.stringify(manyReadings(count, `RATE-${address.replaceAll('.', '-')}`)))
      return new Promise<JsonAnswer>((resolve, reject) => {
        posted.on('error', reject)
        posted.on('response', (response) => {
          json(response).then((body) => {
            const sent = response.headers as Record<string, string>
            const status = response.statusCode ?? 0
            resolve({ status, headers: new Headers(sent), body: body as JsonAnswer['body'] })
          }, reject)
        })
      })
    }

    it('returns 429 with Retry-After, and accepts readings again afterwards', async () => {
      const since = Date.now()
      expect((await post(60)).status).to.equal(202)
      const refused = await post(1)
      const { retryAfter, ...rest } = outcome(refused)
      expect(rest).to.deep.equal({
        status: 429,
        type: 'application/problem+json',
        title: 'Rate limit exceeded',
      })
      expect(Number(retryAfter)).to.be.within(1, 6)
      const why = 'telemetry_requests_turned_away_total{why="too-often"}'
      expect(await metric(tenant, why)).to.equal(1)
      await until(
        'a request of the client is accepted again',
        async () => (await post(1)).status === 202,
      )
      expect(Date.now() - since).to.be.at.least(5_000)
    })

    it('identifies clients by their address and ignores forwarding headers', async () => {
      expect((await post(500)).status).to.equal(202)
      for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'true-client-ip']) {
        const forged = { [header]: '203.0.113.9' }
        expect((await post(1, '127.0.0.1', forged)).status, header).to.equal(429)
      }
      expect((await post(1, '127.0.0.2')).status).to.equal(202)
    })

    it('does not limit GET /events and GET /receipts', async () => {
      const { body } = await post(500)
      const [receipt] = body['receipts'] as string[]
      for (const path of ['/events', `/receipts/${receipt ?? ''}`]) {
        expect((await fetch(`${tenant.ingressUrl}${path}`)).status, path).to.equal(200)
      }
    })
  })

  describe('memory for pending requests', () => {
    for (const { status, what, megabytes, kilobytes } of [
      { status: 413, what: 'is too large', megabytes: 8, kilobytes: 3 * 1024 },
      { status: 503, what: 'does not fit into the remaining memory', megabytes: 2, kilobytes: 900 },
    ]) {
      it(`returns ${status} for a body that ${what}, and accepts the next request on the connection`, async () => {
        const settings = [`producer.maxPendingMegabytes=${megabytes}`]
        await using tenant = await Tenant.create(await sharedServers(), settings)
        await tenant.startProducer()
        const head =
          'POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
        const chunks = `400\r\n${' '.repeat(1024)}\r\n`.repeat(kilobytes)
        const good = JSON.stringify(readingJson('NEXT'))
        const client = await rawClient(tenant.url)
        client.socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`)
        await until('the first request has a response', () =>
          client.received.includes(`HTTP/1.1 ${status} `),
        )
        client.socket.write(`${head}Content-Length: ${good.length}\r\n\r\n${good}`)
        // If the producer closed the connection with unread bytes, the second request would have no
        // response.
        await until(
          'the second request has a response',
          () => client.isClosed || client.received.includes(' 202 '),
        )
        const statuses = [...client.received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(
          ([, status]) => status,
        )
        disconnectAll([client])
        expect(statuses.map(Number)).to.deep.equal([status, 202])
      })
    }
  })

  describe('storage lag', () => {
    let tenant: Tenant

    beforeEach(async () => {
      tenant = await Tenant.create(await sharedServers(), ['producer.maxLag=500'])
      await tenant.startProducer()
    })

    afterEach(async () => {
      await tenant[Symbol.asyncDispose]()
    })

    const isBehind = async (): Promise<JsonAnswer | false> => {
      const answer = await postJson(tenant, readingJson('LAG'))
      return answer.status !== 202 && answer
    }
    const isTaken = async (): Promise<boolean> => (await isBehind()) === false

    it('returns 503 with Retry-After until the consumers have caught up', async () => {
      expect((await postJson(tenant, manyReadings(1_000, 'LAG'))).status).to.equal(202)
      const refused = await until('the producer returns 503', isBehind)
      expect(outcome(refused)).to.deep.equal({
        status: 503,
        type: 'application/problem+json',
        retryAfter: '5',
        title: 'Storage lag too high',
      })
      // Partitions whose end was read a moment too early are complete after the next refresh.
      await until('the metric shows the whole lag', async () => {
        return ((await metric(tenant, 'telemetry_topic_lag_records')) ?? 0) >= 1_000
      })
      const why = 'telemetry_requests_turned_away_total{why="behind"}'
      expect(await metric(tenant, why)).to.equal(1)
      expect((await fetch(`${tenant.url}/events`)).status).to.equal(200)
      await tenant.startConsumer()
      await until('readings are accepted again', isTaken)
      expect(await metric(tenant, 'telemetry_topic_lag_records')).to.be.at.most(400)
    })

    it('computes the lag from the ledger if a consumer was killed before it committed offsets', async () => {
      await tenant.startConsumer()
      expect((await postJson(tenant, manyReadings(1_000, 'KILLED'))).status).to.equal(202)
      await until('all readings are stored', async () => (await tenant.countRows()) >= 1_000)
      await tenant.stopConsumer()
      await tenant.directChanges.resetCommittedOffsets()
      await until('the producer returns 503', isBehind)
      await tenant.startConsumer()
      await until('readings are accepted again', isTaken)
    })
  })
})
