import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { pino } from 'pino'
import { openJournal } from '../../../fleet/journal/open-journal.ts'
import type { HttpResponse } from '../../../fleet/uplink/response.ts'
import type { PostPort } from '../../../fleet/uplink/http-post.ts'
import { HttpPost } from '../../../fleet/uplink/http-post.ts'
import { RetryPause } from '../../../fleet/uplink/retry-pause.ts'
import { maxRequestsInFlight, Uplink } from '../../../fleet/uplink/uplink.ts'
import type { Reading } from '../../../services/telemetry/reading/reading.ts'
import { encodeReading } from '../../../services/telemetry/reading/wire.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { sequencesByVin, TelemetryServer } from '../../support/telemetry-server.ts'

const [vehicles, hour] = [3, 3_600]

/** Real HTTP that also reports whether requests are in flight. */
class WatchedPost implements PostPort {
  readonly #post: HttpPost
  inFlight = 0

  constructor(host: string) {
    const url = new URL(`http://${host}/events`)
    this.#post = new HttpPost({ url, timeoutMs: 10_000, maxSockets: maxRequestsInFlight })
  }

  async post(body: string): Promise<HttpResponse> {
    this.inFlight += 1
    try {
      return await this.#post.post(body)
    } finally {
      this.inFlight -= 1
    }
  }

  close(): void {
    this.#post.close()
  }
}

/** One reading of every vehicle at an instant. */
function readingsAt(recordedAt: number, sequence: number): Reading[] {
  const place = { latitude: 1, longitude: 2, altitude: null, speed: 3, heading: null }
  const rest = { make: null, model: null, metadata: null }
  return Array.from({ length: vehicles }, (_, at) => {
    return { vin: `V${at}`, recordedAt, sequence, ...place, ...rest }
  })
}

/** An uplink with a manual clock, a journal on the disk and a real HTTP server. */
class Drive {
  readonly clock = new ManualClock()
  readonly uplink: Uplink
  readonly #post: WatchedPost
  readonly #journal
  #sequence = 0

  constructor(host: string, folder: string) {
    const [{ clock }, logger] = [this, pino({ level: 'silent' })]
    this.#post = new WatchedPost(host)
    this.#journal = openJournal({ folder, megabytes: 64, clock, logger })
    const [post, journal, retryPause] = [
      this.#post,
      this.#journal,
      new RetryPause(clock, () => 0.5),
    ]
    const backlogPerSecond = vehicles * 100
    this.uplink = new Uplink({ post, journal, retryPause, clock, logger, backlogPerSecond })
  }

  /** Records the last seconds in the journal, like an earlier process that was offline. */
  async fill(seconds: number): Promise<void> {
    const start = this.clock.now() - seconds * 1_000_000
    const readings = Array.from({ length: seconds }, (_, second) =>
      readingsAt(start + second * 1_000_000, second),
    ).flat()
    await this.#journal.append(
      readings.map((reading) => ({ ...reading, text: encodeReading(reading) })),
    )
    this.#sequence = seconds
  }

  /** Drives for some seconds, with one reading per second and vehicle. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      await this.uplink.record(readingsAt(this.clock.now(), this.#sequence))
      this.#sequence += 1
      for (let step = 0; step < 20; step += 1) {
        await this.#rest()
        await this.clock.advance(50)
      }
    }
    await this.#rest()
  }

  async end(): Promise<void> {
    const drained = this.uplink.drain(1_000)
    await this.#rest()
    await this.clock.advance(1_000)
    await drained
    await this.#journal.close()
  }

  /** Waits until no request is in flight. */
  async #rest(): Promise<void> {
    do await setImmediate()
    while (this.#post.inFlight > 0)
    await setImmediate()
  }
}

describe('uplink after an outage', function () {
  this.timeout(60_000)

  it('sends an hour of backlog within a minute, newest first, and delays live readings by under 1 s', async () => {
    await using server = await TelemetryServer.start()
    using folder = new TemporaryFolder()
    const drive = new Drive(server.host, folder.path)
    await drive.fill(hour)
    server.unavailable = true
    await drive.pass(30)
    expect(server.acknowledged).to.deep.equal([])

    server.unavailable = false
    const delays: number[] = []
    let recovered: number | undefined
    server.onReadings = (readings) => {
      recovered ??= drive.clock.now()
      for (const { timestamp } of readings) {
        const recordedAt = Date.parse(timestamp) * 1000
        if (recordedAt >= recovered) delays.push((drive.clock.now() - recordedAt) / 1_000_000)
      }
    }
    await drive.pass(60)
    const [first] = server.acknowledged
    expect(Date.parse(first?.timestamp ?? '') * 1000).to.be.above((recovered ?? 0) - 200_000_000)
    expect(drive.uplink.counters).to.include({ pending: 0, dropped: 0, unsaved: 0 })
    expect(drive.uplink.counters.acknowledged).to.equal(vehicles * (hour + 90))
    expect(delays.length).to.be.within(vehicles * 49, vehicles * 60)
    expect(Math.max(...delays)).to.be.below(1)
    await drive.end()
    const all = Array.from({ length: hour + 90 }, (_, at) => at)
    expect([...sequencesByVin(server.acknowledged).values()]).to.deep.equal([all, all, all])
  })

  it('waits as long as the server requests', async () => {
    await using server = await TelemetryServer.start()
    using folder = new TemporaryFolder()
    const drive = new Drive(server.host, folder.path)
    server.unavailable = '30'
    await drive.pass(29)
    expect(server.posts).to.equal(1)
    server.unavailable = false
    await drive.pass(5)
    expect(server.posts).to.be.above(1)
    expect(drive.uplink.counters.pending).to.equal(0)
    await drive.end()
  })
})
