import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export type FleetProcessOptions = {
  /** `HOST:PORT` of the server that receives the readings. */
  readonly host: string
  /** The folder of the journal. */
  readonly journal: string
  readonly numVehicles?: number
}

/** A fleet process as the platform runs it. Each vehicle sends 10 readings per second. */
export class FleetProcess implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  /** The log lines so far. */
  output = ''

  constructor({ host, journal, numVehicles = 5 }: FleetProcessOptions) {
    const env = {
      LOG_LEVEL: 'info',
      FLEET_HOST: host,
      FLEET_EVENTS_PATH: '/events',
      FLEET_FIRST_VEHICLE: '0',
      FLEET_NUM_VEHICLES: String(numVehicles),
      FLEET_REPORT_INTERVAL_SECONDS: '0.1',
      FLEET_SEED: '42',
      FLEET_ORIGIN_LATITUDE: '37.7749',
      FLEET_ORIGIN_LONGITUDE: '-122.4194',
      FLEET_ORIGIN_ALTITUDE: '16',
      FLEET_JOURNAL_FOLDER: journal,
      FLEET_JOURNAL_MEGABYTES: '64',
    }
    const args = ['--import', 'tsx', 'fleet/main.ts']
    this.#process = spawn(process.execPath, args, {
      cwd: root,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#process.stdout?.on('data', (chunk) => {
      this.output += String(chunk)
    })
    this.#ended = once(this.#process, 'close')
  }

  hasLogged(event: string): boolean {
    return this.output.includes(`"event":"${event}"`)
  }

  /** Resolves to the exit code; null if the signal ended the process. */
  async stop(signal: NodeJS.Signals): Promise<number | null> {
    this.#process.kill(signal)
    await this.#ended
    return this.#process.exitCode
  }

  async waitForExit(): Promise<number | null> {
    await this.#ended
    return this.#process.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await this.stop('SIGKILL')
    }
  }
}
