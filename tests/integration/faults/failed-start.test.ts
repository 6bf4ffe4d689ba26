import { rmSync } from 'node:fs'
import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import type { Folders } from '../../../infra/local/folders.ts'
import { foldersOf, makeFolders } from '../../../infra/local/folders.ts'
import { localPlacement } from '../../../infra/local/placement.ts'
import { LocalPlatform } from '../../../infra/local/platform.ts'
import { untilReady } from '../../../infra/local/readiness.ts'
import { servicesOf, topologyOf } from '../../../infra/topology/topology.ts'
import { root } from '../../../scripts/platform/paths.ts'
import { isolatedSettings, createStateFolder } from '../../support/servers.ts'

describe('LocalPlatform.startStage with a failing service', function () {
  this.timeout(60_000)
  let folders: Folders
  before(() => {
    folders = foldersOf(root, createStateFolder())
    makeFolders(folders)
  })
  after(() => {
    for (const folder of [folders.state, folders.bundles]) rmSync(folder, { recursive: true })
  })

  it('names the failing service and stops probing the other services', async () => {
    const config = toConfig({}, await isolatedSettings())
    let probeCount = 0
    const sql = () => {
      probeCount += 1
      return Promise.resolve(false)
    }
    const platform = new LocalPlatform({
      config,
      folders,
      fleetSeed: 1,
      java: 'java',
      probes: { sql, broker: () => Promise.resolve(false) },
    })
    await platform.prepare()
    const services = servicesOf(topologyOf(config, localPlacement(config, folders), 1))
    const [postgres, provision] = (['postgres', 'provision'] as const).map((role) =>
      services.find((plan) => plan.role === role),
    )
    const { signal } = new AbortController()
    // Without its environment variables the service exits immediately.
    const fault = await platform.startStage([postgres!, { ...provision!, env: {} }], signal).then(
      () => undefined,
      (error: unknown) => error as Error,
    )
    expect(fault?.message).to.match(/^provision-0 did not become ready\./)
    const stopped = platform.processOf('postgres-0')!
    await platform.stop()
    const countBefore = probeCount
    // Wait as long as ten more probes would take.
    let attempts = 0
    const probes = { sql: () => Promise.resolve((attempts += 1) > 10), broker: sql }
    await untilReady(stopped, postgres!.ready, { probes, signal })
    expect(probeCount).to.equal(countBefore)
  })
})
