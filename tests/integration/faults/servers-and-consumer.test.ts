import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { manyReadings, postJson, readingJson, receiptStatus } from '../../support/http-client.ts'
import { samplesOf } from '../../support/metrics.ts'
import type { Servers } from '../../support/servers.ts'
import { processOf, sharedServers, restartServer, startServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { sendTraffic } from '../../support/traffic.ts'
import { until, untilCount } from '../../support/until.ts'

describe('fault tolerance', () => {
  describe('consumer', () => {
    it('kill -9 within 50,000 readings neither loses nor duplicates a reading', async function () {
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
      const before = await until('some readings are stored', async () => {
        const { settled } = await tenant.account()
        return settled > 0 && settled
      })
      victim.kill('SIGKILL')
      await once(victim, 'exit')
      expect(before).to.be.lessThan(total)
      expect(await tenant.countRows()).to.be.lessThan(total)
      await tenant.startConsumer()
      const account = await until(
        'all readings are settled',
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

  describe('servers', () => {
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

    it('a database stopped for 60 s under load loses no reading, and readings are still accepted', async function () {
      this.timeout(150_000)
      const dashboard = await tenant.startDashboard()
      await using traffic = sendTraffic(tenant, 'OUTAGE')
      await until('rows are stored', async () => (await tenant.countRows()) > 0)
      await processOf(servers, 'postgres-0').stop(10_000)
      const atStop = traffic.acknowledged()
      await Promise.all([wait(60_000), checkDashboardDuringOutage(traffic)])
      const during = traffic.acknowledged() - atStop
      await until('readings are still accepted', () => traffic.acknowledged() - atStop > during)
      expect(await receiptStatus(tenant, '1-0-0')).to.equal('503')
      await restartServer(servers, 'postgres-0')
      const { acknowledged, refused } = await traffic.stop()
      expect(refused).to.equal(0)
      const account = await until('all readings are settled', async () => {
        const now = await tenant.account()
        return now.settled >= acknowledged && now
      })
      expect(account).to.include({ settled: acknowledged, stored: acknowledged, duplicate: 0 })
      expect(await tenant.countRows()).to.equal(acknowledged)
      const history = await until('the history is readable again', async () => {
        const answer = await getJson('/api/vehicles/OUTAGE-0-0/track')
        return answer.status === 200 && answer
      })
      expect(history.body).to.include({ vin: 'OUTAGE-0-0', total: 1 })
      await until(
        'the account is known again',
        async () => (await getJson('/api/ledger')).body['isKnown'],
      )
      await tenant.stop(dashboard)
    })

    /** The dashboard's response, with its duration in milliseconds. */
    async function getJson(path: string) {
      const since = performance.now()
      const response = await fetch(`${tenant.dashboardUrl}${path}`)
      const body = (await response.json()) as Record<string, unknown>
      const { status, headers } = response
      return { status, headers, body, durationMs: performance.now() - since }
    }

    /** The history returns 503 quickly; the current state is still shown. */
    async function checkDashboardDuringOutage(traffic: { acknowledged(): number }): Promise<void> {
      for (const path of ['/api/vehicles/OUTAGE-0-0/track', '/api/vehicles/OUTAGE-0-0/trips']) {
        const { status, headers, body, durationMs } = await getJson(path)
        expect([status, headers.get('retry-after'), body['title']]).to.deep.equal([
          503,
          '5',
          'History cannot be read',
        ])
        expect(headers.get('content-type')).to.equal('application/problem+json')
        expect(durationMs).to.be.lessThan(10_000)
      }
      const later = Math.round(traffic.acknowledged() / 25) + 20
      await until('a vehicle that started later is shown', async () => {
        return (await getJson(`/api/vehicles/OUTAGE-${later}-0`)).status === 200
      })
      const { body } = await until('the account is unknown', async () => {
        const answer = await getJson('/api/ledger')
        return answer.body['isKnown'] === false && answer
      })
      expect(body['partitions']).to.deep.equal([])
    }

    it('kill -9 of the broker under load loses no acknowledged reading', async function () {
      this.timeout(120_000)
      await using traffic = sendTraffic(tenant, 'BROKER')
      const { settled: start, stored: storedBefore } = await tenant.account()
      const rowsBefore = await tenant.countRows()
      await until('more than 500 readings are acknowledged', () => traffic.acknowledged() > 500)
      const { identity } = processOf(servers, 'kafka-0')
      process.kill(identity?.pid ?? 0, 'SIGKILL')
      const acknowledgedBeforeKill = traffic.acknowledged()
      await until(
        'readings are accepted again',
        () => traffic.acknowledged() > acknowledgedBeforeKill + 500,
        60,
      )
      const { acknowledged } = await traffic.stop()
      const account = await until(
        'all readings are settled',
        async () => {
          const now = await tenant.account()
          return now.settled - start >= acknowledged && now
        },
        60,
      )
      const rows = (await tenant.countRows()) - rowsBefore
      // Readings that were not acknowledged may be stored too.
      expect(rows).to.be.at.least(acknowledged)
      expect(account.stored - storedBefore).to.equal(rows)
    })

    it('without Kafka the producer returns 503 with Retry-After, immediately if its memory is full, and still returns the last count', async function () {
      this.timeout(90_000)
      const rowsBefore = await tenant.countRows()
      const served = async () => {
        const headers = { accept: 'application/json' }
        const answer = await fetch(`${tenant.url}/events`, { headers })
        return (await answer.json()) as { eventsServed: number; asOf: string }
      }
      const begin = Date.now()
      // All earlier readings are in Kafka.
      const { eventsServed } = await until('the count is of now', async () => {
        const now = await served()
        return Date.parse(now.asOf) > begin && now
      })
      await processOf(servers, 'kafka-0').stop(10_000)
      // Each body needs over half of the memory (four times its size): the first waits, the second
      // does not fit.
      const body = manyReadings(1_000, 'FULL').map((reading) => ({
        ...reading,
        metadata: { padding: 'x'.repeat(200) },
      }))
      const since = Date.now()
      let isFirstAnswered = false
      const first = postJson(tenant, body).finally(() => (isFirstAnswered = true))
      await until('the first is pending', async () => {
        const samples = await samplesOf(tenant.config.producer.opsHostPort)
        return (samples.get('telemetry_pending_bytes') ?? 0) > 1024 * 1024
      })
      const second = await postJson(tenant, body)
      expect([second.status, second.body['title']]).to.deep.equal([
        503,
        'Too many pending requests',
      ])
      expect(second.headers.get('retry-after')).to.equal('1')
      expect(isFirstAnswered).to.equal(false)
      const late = await first
      expect([late.status, late.body['title']]).to.deep.equal([503, 'Not acknowledged by Kafka'])
      expect(late.headers.get('retry-after')).to.equal('1')
      expect(Date.now() - since).to.be.within(9_900, 30_000)
      expect((await served()).eventsServed).to.equal(eventsServed)
      await restartServer(servers, 'kafka-0')
      await until(
        'the readings are accepted',
        async () => (await postJson(tenant, body)).status === 202,
        60,
      )
      await untilCount(
        'rows of the readings, each once',
        () => tenant.countRows(),
        rowsBefore + 1_000,
      )
    })

    it("deleting Kafka's folder starts a new log id, and new readings are stored", async function () {
      this.timeout(120_000)
      const logs = () =>
        tenant.sql<{ id: number; reason: string }>('select id, reason from event_log order by id')
      expect(await logs()).to.have.length(1)
      const [oldReceipt] = (await postJson(tenant, readingJson('OLD'))).body['receipts'] as string[]
      await until(
        'the old reading is stored',
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
        'the row of the reading exists',
        async () => (await tenant.sql("select 1 from diag where vin = 'NEW'")).length > 0,
        60,
      )
      const [, newLog, ...more] = await logs()
      expect(newLog?.id).to.equal(2)
      expect(newLog?.reason).to.match(/^partition \d ends at offset \d+, but its ledger is at \d+$/)
      expect(more).to.deep.equal([])
      const receipt = await until('the producer uses the new log id', async () => {
        const { body } = await postJson(tenant, readingJson('NEWER'))
        const [last] = body['receipts'] as string[]
        return last?.startsWith('2-') && last
      })
      await until(
        'the newer reading is stored',
        async () => (await receiptStatus(tenant, receipt)) === 'stored',
      )
      expect(await receiptStatus(tenant, oldReceipt)).to.equal('stored')
    })

    it('a topic recreated while the platform was stopped gets a new log id', async function () {
      this.timeout(60_000)
      const rows = await tenant.countRows()
      await tenant.recreateTopic()
      await until('a reading is accepted', async () => {
        const { status } = await postJson(tenant, readingJson('ANEW'))
        return status === 202
      })
      await until('the row of the reading exists', async () => (await tenant.countRows()) > rows)
      const [last] = await tenant.sql<{ reason: string }>(
        'select reason from event_log order by id desc limit 1',
      )
      expect(last?.reason).to.equal('the topic was created')
    })
  })
})
