import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { expect } from 'chai'
import { bundleOf } from '../../../infra/bundle/bundles.ts'
import { localPassword } from '../../../scripts/platform/database.ts'
import { deviceRequests } from '../../../scripts/workload/devices/device-requests.ts'
import { send } from '../../../scripts/workload/devices/send.ts'
import { residentMegabytes, samplesOf } from '../../support/metrics.ts'
import { envOf, sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const attempts = 10_000
const connections = 256
/** How a producer answers failures of one client: the first at once, and others after a delay, if not too many wait. */
const [free, waiting, delayMs] = [10, 200, 500]

describe('10,000 requests with wrong tokens', function () {
  this.timeout(180_000)

  it('get 401, or 503 if too many wait, and are counted, while the producer serves others in time and writes no token to its log', async () => {
    await using tenant = await Tenant.create(await sharedServers(), ['devices.unknown=refuse'])
    const bundle = bundleOf('producer', tenant.deployment.folders.bundles)
    const env = { PATH: process.env['PATH'], ...envOf(tenant.deployment, 'producer-0') }
    const child = spawn(process.execPath, [bundle], { env: { ...env, LOG_LEVEL: 'debug' } })
    let log = ''
    for (const output of [child.stdout, child.stderr])
      output.setEncoding('utf8').on('data', (text: string) => (log += text))
    const agent = new Agent({ keepAlive: true, maxSockets: connections })
    try {
      const { opsHostPort } = tenant.config.producer
      await until('the producer listens', async () => {
        return (await fetch(`${tenant.url}/events`).catch(() => undefined))?.ok
      })
      const before = await residentMegabytes(opsHostPort)
      const builders = Object.values(deviceRequests)
      const place = {
        id: 'GUESSED',
        seconds: Math.floor(Date.now() / 1_000),
        latitude: 1,
        longitude: 2,
      }
      let next = 0
      const statuses = new Map<number | string, number>()
      const guess = async (): Promise<void> => {
        for (let index = next++; index < attempts; index = next++) {
          const token = `guess-number-${index}-of-a-token`
          const request = builders[index % builders.length]?.({ ...place, token })
          if (request === undefined) throw new Error('there is no format')
          const { status } = await send(tenant.url, request, agent)
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
        }
      }
      const beganAt = performance.now()
      const guesses = Promise.all(Array.from({ length: connections }, guess))
      const own = { ...place, token: localPassword(tenant.deployment.folders, 'gateway') }
      const waits: number[] = []
      while (next < attempts) {
        const sentAt = performance.now()
        const valid = deviceRequests['Traccar Client 8']?.(own)
        if (valid) expect((await send(tenant.url, valid, new Agent())).status).to.equal(200)
        waits.push(performance.now() - sentAt)
      }
      await guesses
      const pauses = (performance.now() - beganAt) / delayMs + 1
      const [refused, tooMany] = [statuses.get(401) ?? 0, statuses.get(503) ?? 0]
      expect(refused + tooMany, JSON.stringify([...statuses])).to.equal(attempts)
      expect(tooMany).to.be.above(0)
      expect(refused).to.be.within(free, free + waiting * pauses)
      expect(Math.max(...waits)).to.be.below(5_000)
      const counter = 'telemetry_requests_without_valid_token_total{why="wrong"}'
      expect((await samplesOf(opsHostPort)).get(counter)).to.equal(attempts)
      expect((await residentMegabytes(opsHostPort)) - before).to.be.below(150)
      expect(log).to.include('token-refused')
      expect(log).to.not.match(/guess-number/)
      expect(log).to.not.include(own.token)
      const headers = { accept: 'application/json' }
      await until('only the valid requests are in the topic', async () => {
        const counter = await (await fetch(`${tenant.url}/events`, { headers })).json()
        return (counter as { eventsServed: number }).eventsServed === waits.length
      })
    } finally {
      agent.destroy()
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  })
})
