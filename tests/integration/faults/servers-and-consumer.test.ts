import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { manyReadings, postJson, readingJson, receiptStatus } from '../../support/http-client.ts'
import type { Servers } from '../../support/servers.ts'
import { processOf, sharedServers, restartServer, startServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { sendTraffic } from '../../support/traffic.ts'
import { until, untilCount } from '../../support/until.ts'

describe('faults', () => {
  describe('of the consumer', () => {
    it('kill -9 in the middle of 50,000 readings loses none and doubles none', async function () {
      this.timeout(120_000)
      await using tenant = await Tenant.create(await sharedServers())
      await tenant.startProducer()
      const total = 50_000
      const readings = manyReadings(total, 'KILL')
      for (let at = 0; at < total; at += 1_000) {
        const { status } = await postJson(tenant, readings.slice(at, at + 1_000))
        expect(status).to.equal(202)
      }
      const victim = tenant.spawnConsumer()
      const before = await until('some are stored', async () => {
        const { settled } = await tenant.account()
        return settled > 0 && settled
      })
      victim.kill('SIGKILL')
      await once(victim, 'exit')
      expect(before).to.be.lessThan(total)
      expect(await tenant.countRows()).to.be.lessThan(total)
      await tenant.startConsumer()
      const account = await until(
        'all are settled',
        async () => {
          const now = await tenant.account()
          return now.settled >= total && now
        },
        60,
      )
      expect(account).to.deep.equal({
        settled: total,
        stored: total,
        duplicate: 0,
        deadLettered: 0,
        expired: 0,
        withoutRecord: 0,
        updated: 0,
      })
      expect(await tenant.countRows()).to.equal(total)
    })
  })

  describe('of the servers', () => {
    let servers: Servers
    let tenant: Tenant

    before(async function () {
      this.timeout(90_000)
      servers = await startServers()
      tenant = await Tenant.create(servers, ['producer.maxPendingMegabytes=2'])
      await tenant.startProducer()
      await tenant.startConsumer()
    })

    after(async function () {
      this.timeout(60_000)
      await tenant[Symbol.asyncDispose]()
      await servers[Symbol.asyncDispose]()
    })

    it('a database stopped for 60 s under load loses nothing, and events go on being accepted', async function () {
      this.timeout(150_000)
      const dashboard = await tenant.startDashboard()
      await using traffic = sendTraffic(tenant, 'OUTAGE')
      await until('rows come', async () => (await tenant.countRows()) > 0)
      await processOf(servers, 'postgres-0').stop(10_000)
      const atStop = traffic.acknowledged()
      await Promise.all([wait(60_000), lookDuringOutage(traffic)])
      const during = traffic.acknowledged() - atStop
      expect(await receiptStatus(tenant, '1-0-0')).to.equal('503')
      await restartServer(servers, 'postgres-0')
      const { acknowledged, refused } = await traffic.stop()
      expect(refused).to.equal(0)
      expect(during).to.be.greaterThan(5_000)
      const account = await until('all are settled', async () => {
        const now = await tenant.account()
        return now.settled >= acknowledged && now
      })
      expect(account).to.include({ settled: acknowledged, stored: acknowledged, duplicate: 0 })
      expect(await tenant.countRows()).to.equal(acknowledged)
      const history = await until('the history is back', async () => {
        const answer = await lookAt('/api/vehicles/OUTAGE-0-0/track')
        return answer.status === 200 && answer
      })
      expect(history.body).to.include({ vin: 'OUTAGE-0-0', total: 1 })
      await until('the account is known', async () => (await lookAt('/api/ledger')).body['isKnown'])
      await tenant.stop(dashboard)
    })

    /** What the dashboard answers, and after how many milliseconds. */
    async function lookAt(path: string) {
      const since = performance.now()
      const response = await fetch(`${tenant.dashboardUrl}${path}`)
      const body = (await response.json()) as Record<string, unknown>
      const { status, headers } = response
      return { status, headers, body, took: performance.now() - since }
    }

    /** The history says soon that it cannot be read; what is now goes on to be shown. */
    async function lookDuringOutage(traffic: { acknowledged(): number }): Promise<void> {
      for (const path of ['/api/vehicles/OUTAGE-0-0/track', '/api/vehicles/OUTAGE-0-0/trips']) {
        const { status, headers, body, took } = await lookAt(path)
        expect([status, headers.get('retry-after'), body['title']]).to.deep.equal([
          503,
          '5',
          'History cannot be read',
        ])
        expect(headers.get('content-type')).to.equal('application/problem+json')
        expect(took).to.be.lessThan(10_000)
      }
      const later = Math.round(traffic.acknowledged() / 25) + 20
      await until('a vehicle is seen that came later', async () => {
        return (await lookAt(`/api/vehicles/OUTAGE-${later}-0`)).status === 200
      })
      const { body } = await until('the account is not known', async () => {
        const answer = await lookAt('/api/ledger')
        return answer.body['isKnown'] === false && answer
      })
      expect(body['partitions']).to.deep.equal([])
    }

    it('a broker killed with -9 under load loses nothing that was acknowledged', async function () {
      this.timeout(120_000)
      await using traffic = sendTraffic(tenant, 'BROKER')
      const { settled: start, stored: storedBefore } = await tenant.account()
      const rowsBefore = await tenant.countRows()
      await until('some are acknowledged', () => traffic.acknowledged() > 500)
      const { identity } = processOf(servers, 'kafka-0')
      process.kill(identity?.pid ?? 0, 'SIGKILL')
      const atKill = traffic.acknowledged()
      await until('they are accepted again', () => traffic.acknowledged() > atKill + 500, 60)
      const { acknowledged } = await traffic.stop()
      const account = await until(
        'all are settled',
        async () => {
          const now = await tenant.account()
          return now.settled - start >= acknowledged && now
        },
        60,
      )
      const rows = (await tenant.countRows()) - rowsBefore
      // What was not acknowledged may be stored; what was, is.
      expect(rows).to.be.at.least(acknowledged)
      expect(account.stored - storedBefore).to.equal(rows)
    })

    it('without Kafka answers 503 with Retry-After, at once when full, and keeps the last count', async function () {
      this.timeout(90_000)
      const rowsBefore = await tenant.countRows()
      const served = async () => (await fetch(`${tenant.url}/events`)).text()
      const count = await until('the counter is still', async () => {
        const first = await served()
        await wait(1_500)
        return first === (await served()) && first
      })
      await processOf(servers, 'kafka-0').stop(10_000)
      // A third of the budget each, counted four times: the first waits, the others find no room.
      const body = manyReadings(1_000, 'FULL').map((reading) => ({
        ...reading,
        metadata: { padding: 'x'.repeat(200) },
      }))
      const since = Date.now()
      const first = postJson(tenant, body)
      await wait(200)
      const second = await postJson(tenant, body)
      expect([second.status, second.body['title']]).to.deep.equal([
        503,
        'Too many pending requests',
      ])
      expect(second.headers.get('retry-after')).to.equal('1')
      expect(Date.now() - since).to.be.lessThan(2_000)
      const late = await first
      expect([late.status, late.body['title']]).to.deep.equal([503, 'Not acknowledged by Kafka'])
      expect(late.headers.get('retry-after')).to.equal('1')
      expect(Date.now() - since).to.be.within(9_900, 13_000)
      expect(await served()).to.equal(count)
      await restartServer(servers, 'kafka-0')
      await until(
        'they are accepted',
        async () => (await postJson(tenant, body)).status === 202,
        60,
      )
      await untilCount('all are rows, once', () => tenant.countRows(), rowsBefore + 1_000)
    })

    it("Kafka's folder deleted under a kept database begins a new log, and readings are stored", async function () {
      this.timeout(120_000)
      const logs = () =>
        tenant.sql<{ id: number; reason: string }>('select id, reason from event_log order by id')
      expect(await logs()).to.have.length(1)
      const [oldReceipt] = (await postJson(tenant, readingJson('OLD'))).body['receipts'] as string[]
      await until(
        'it is stored',
        async () => (await receiptStatus(tenant, oldReceipt)) === 'stored',
      )
      await processOf(servers, 'kafka-0').stop(10_000)
      rmSync(join(servers.folders.data, 'kafka-0'), { recursive: true })
      await restartServer(servers, 'kafka-0')
      const answer = await until('a reading is accepted', async () => {
        const { status, body } = await postJson(tenant, readingJson('NEW'))
        return status === 202 && (body['receipts'] as string[])
      })
      expect(answer).to.have.length(1)
      await until(
        'its row is there',
        async () => (await tenant.sql("select 1 from diag where vin = 'NEW'")).length > 0,
        60,
      )
      const [, begun, ...more] = await logs()
      expect(begun?.id).to.equal(2)
      expect(begun?.reason).to.match(/^partition \d ends at offset \d+, but its ledger is at \d+$/)
      expect(more).to.deep.equal([])
      const receipt = await until('the producer knows the new log', async () => {
        const { body } = await postJson(tenant, readingJson('NEWER'))
        const [last] = body['receipts'] as string[]
        return last?.startsWith('2-') && last
      })
      await until(
        'that one is stored',
        async () => (await receiptStatus(tenant, receipt)) === 'stored',
      )
      expect(await receiptStatus(tenant, oldReceipt)).to.equal('stored')
    })

    it('a topic made anew while the platform was down is told from the old one', async function () {
      this.timeout(60_000)
      const rows = await tenant.countRows()
      await tenant.recreateTopic()
      await until('a reading is accepted', async () => {
        const { status } = await postJson(tenant, readingJson('ANEW'))
        return status === 202
      })
      await until('its row is there', async () => (await tenant.countRows()) > rows)
      const [last] = await tenant.sql<{ reason: string }>(
        'select reason from event_log order by id desc limit 1',
      )
      expect(last?.reason).to.equal('the topic was created')
    })
  })
})
