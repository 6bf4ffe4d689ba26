import { expect } from 'chai'
import type { PlatformMonitorOptions } from '../../../services/dashboard/health/platform-monitor.ts'
import { PlatformMonitor } from '../../../services/dashboard/health/platform-monitor.ts'
import { createLogger } from '../../../services/runtime/logger.ts'

/** Requests that never settle, as on a frozen machine. */
const never = () => new Promise<never>(() => undefined)

function aFrozenPlatform(): PlatformMonitor {
  const options = {
    admin: { state: never },
    ledgers: { ledgers: never },
    vehicles: { recentDelays: never },
    deadLetters: { groups: never },
    lastCheck: never,
    services: [],
    someVins: () => [],
    onLook: () => undefined,
    logger: createLogger('test', 'silent'),
  }
  return new PlatformMonitor(options as unknown as PlatformMonitorOptions)
}

describe('PlatformWatch', () => {
  it('begins without what does not answer in time', async () => {
    const view = await aFrozenPlatform().readInitialView(new AbortController().signal, 20)
    expect([view.topicLog, view.ledgers]).to.deep.equal([undefined, undefined])
  })

  it('waits for no answer when it is told to stop', async () => {
    const stop = new AbortController()
    const watch = aFrozenPlatform()
    const first = watch.readInitialView(stop.signal)
    const running = watch.run(stop.signal).then(() => 'over')
    stop.abort()
    expect((await first).topicLog).to.equal(undefined)
    expect(await running).to.equal('over')
  })
})
