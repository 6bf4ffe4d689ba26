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

describe('PlatformMonitor', () => {
  it('returns an incomplete initial view after the timeout', async () => {
    const view = await aFrozenPlatform().readInitialView(new AbortController().signal, 20)
    expect([view.topicLog, view.ledgers]).to.deep.equal([undefined, undefined])
  })

  it('stops without waiting for pending answers', async () => {
    const stop = new AbortController()
    const monitor = aFrozenPlatform()
    const initialView = monitor.readInitialView(stop.signal)
    const running = monitor.run(stop.signal).then(() => 'stopped')
    stop.abort()
    expect((await initialView).topicLog).to.equal(undefined)
    expect(await running).to.equal('stopped')
  })
})
