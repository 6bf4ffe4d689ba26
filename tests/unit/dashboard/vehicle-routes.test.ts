import { expect } from 'chai'
import express from 'express'
import request from 'supertest'
import { LiveFleet } from '../../../services/dashboard/live/live-fleet.ts'
import { StreamHub } from '../../../services/dashboard/live/stream-hub.ts'
import { vehicleRoutes } from '../../../services/dashboard/live/vehicle-routes.ts'
import { createLogger } from '../../../services/runtime/logger.ts'

describe('HEAD /api/stream', () => {
  it('returns 405 and opens no stream connection', async () => {
    const logger = createLogger('test', 'silent')
    const fleet = new LiveFleet(10)
    await using hub = new StreamHub({
      fleet,
      logger,
      healthJson: () => undefined,
      stallTimeoutMs: 1_000,
      maxPerClient: 32,
      onLimitReached: () => undefined,
    })
    const limits = { staleAfterSeconds: 1, silentAfterSeconds: 2 }
    const app = express().use(vehicleRoutes({ fleet, hub, limits, labelOf: () => ({}) }))
    const { status, headers } = await request(app).head('/stream').timeout(2_000)
    expect([status, headers['allow']]).to.deep.equal([405, 'GET'])
    expect(hub.connectionCount).to.equal(0)
  })
})
