import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import type { PlatformConfig } from '../../infra/config.ts'
import { toConfig } from '../../infra/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { foldersOf, makeFolders } from '../../infra/local/folders.ts'
import { LocalPlatform } from '../../infra/local/platform.ts'
import { javaProgram, localPassword, ownerPool, probesFor, root } from '../local-access.ts'
import { ownPorts } from '../own-ports.ts'

/** A whole platform without vehicles, on ports and in a folder of its own, until it is disposed of. */
export class BarPlatform implements AsyncDisposable {
  readonly config: PlatformConfig
  /** Connections with the owner's rights. */
  readonly pool: pg.Pool
  readonly #platform: LocalPlatform
  readonly #folders: Folders

  private constructor(platform: LocalPlatform, config: PlatformConfig, folders: Folders) {
    this.config = config
    this.pool = ownerPool(config, localPassword(folders))
    this.#platform = platform
    this.#folders = folders
  }

  static async start(signal: AbortSignal): Promise<BarPlatform> {
    const state = mkdtempSync(join(tmpdir(), 'av-telemetry-bars-'))
    // The user of Postgres must get in.
    chmodSync(state, 0o755)
    const folders = foldersOf(root, state)
    makeFolders(folders)
    const config = toConfig({}, [
      ...(await ownPorts()),
      'ingress.addressFile=""',
      'ingress.hostAddress=127.0.0.1',
      'fleet.numVehicles=0',
    ])
    const probes = probesFor(config, folders)
    const java = javaProgram()
    const platform = new LocalPlatform({ config, folders, fleetSeed: 0, java, probes })
    try {
      await platform.prepare()
      for (const stage of platform.stages) await platform.startStage(stage, signal)
      return new BarPlatform(platform, config, folders)
    } catch (error) {
      await platform.stop()
      removeFolders(folders)
      throw error
    }
  }

  get dashboardUrl(): string {
    return `http://127.0.0.1:${this.config.dashboard.hostPort}`
  }

  get eventsUrl(): string {
    return `http://127.0.0.1:${this.config.ingress.hostPort}${this.config.ingress.path}`
  }

  /** The most memory that the dashboard's process has had resident, in megabytes. */
  dashboardPeak(): number {
    const pid = this.#platform.processOf('dashboard-0')?.identity?.pid
    if (pid === undefined) throw new Error('the dashboard does not run')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.end()
    await this.#platform.stop()
    removeFolders(this.#folders)
  }
}

function removeFolders({ state, bundles }: Folders): void {
  for (const folder of [state, bundles]) rmSync(folder, { recursive: true, force: true })
}
