import { join } from 'node:path'
import { expect } from 'chai'
import { FleetProcess } from '../../support/fleet-process.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import type { ReceivedReading } from '../../support/telemetry-server.ts'
import { sequencesByVin, TelemetryServer } from '../../support/telemetry-server.ts'
import { until } from '../../support/until.ts'

const vehicles = 5

describe('fleet process that is killed', function () {
  this.timeout(120_000)
  let temporary: TemporaryFolder
  let journal: string

  beforeEach(() => {
    temporary = new TemporaryFolder()
    journal = join(temporary.path, 'journal')
  })
  afterEach(() => {
    temporary[Symbol.dispose]()
  })

  /** Sequences have no gaps, and a sequence received twice is the same reading. */
  function expectComplete(received: readonly ReceivedReading[]): void {
    const texts = new Map<string, string>()
    for (const reading of received) {
      const key = `${reading.vin} ${reading.sequence}`
      const text = JSON.stringify(reading)
      expect(texts.get(key) ?? text).to.equal(text)
      texts.set(key, text)
    }
    const once = [...texts.values()].map((text) => JSON.parse(text) as ReceivedReading)
    const byVin = sequencesByVin(once)
    expect(byVin.size).to.equal(vehicles)
    for (const sequences of byVin.values()) {
      expect(sequences).to.deep.equal(Array.from(sequences, (_, at) => at))
    }
  }

  it('sends all unacknowledged readings after the restart and reuses no sequence', async () => {
    await using server = await TelemetryServer.start()
    for (let kill = 0; kill < 3; kill += 1) {
      await using fleet = new FleetProcess({ host: server.host, journal })
      const before = server.acknowledged.length
      server.unavailable = false
      await until('readings arrive', () => server.acknowledged.length >= before + 100)
      server.unavailable = true
      const posts = server.posts
      await until('the fleet has retried four times', () => server.posts >= posts + 4)
      expect(await fleet.stop('SIGKILL')).to.equal(null)
    }
    server.unavailable = false
    await using last = new FleetProcess({ host: server.host, journal })
    const before = server.acknowledged.length
    await until('readings arrive', () => server.acknowledged.length >= before + 200)
    expect(await last.stop('SIGTERM')).to.equal(0)
    expect(last.output).to.match(/"pending":0,[^\n]*"event":"fleet-stopped"/)
    expectComplete(server.acknowledged)
  })

  it('sends a reading again unchanged if the server received it but did not respond', async () => {
    await using server = await TelemetryServer.start()
    const taken: ReceivedReading[] = []
    server.onReadings = (readings) => {
      taken.push(...readings)
      return new Promise(() => undefined)
    }
    {
      await using fleet = new FleetProcess({ host: server.host, journal })
      await until('a POST is taken', () => taken.length > 0)
      await fleet.stop('SIGKILL')
    }
    server.onReadings = () => undefined
    await using again = new FleetProcess({ host: server.host, journal })
    await until('readings arrive', () => server.acknowledged.length >= 100)
    expect(await again.stop('SIGTERM')).to.equal(0)
    const sent = new Set(server.acknowledged.map((reading) => JSON.stringify(reading)))
    expect(taken.filter((reading) => !sent.has(JSON.stringify(reading)))).to.deep.equal([])
    expectComplete([...taken, ...server.acknowledged])
  })

  it('refuses a journal that another process uses', async () => {
    await using server = await TelemetryServer.start()
    await using first = new FleetProcess({ host: server.host, journal })
    await until('the first process runs', () => first.hasLogged('service-started'))
    await using second = new FleetProcess({ host: server.host, journal })
    expect(await second.waitForExit()).to.equal(1)
    expect(second.output).to.match(/The journal \S+ is in use by process \d+,/)
    expect(await first.stop('SIGTERM')).to.equal(0)
  })
})
