import { expect } from 'chai'
import { manyReadings, postJson } from '../support/http-client.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { until } from '../support/until.ts'

describe('several producers and consumers', function () {
  this.timeout(120_000)

  it('share the work behind one address and survive the kill of one of each', async () => {
    await using home = await PlatformHome.create([
      'fleet.numVehicles=0',
      ...['producer.instances=2', 'consumer.instances=2'],
    ])
    const platform = home.start()
    await platform.waitForOutput('The platform is running.')
    const target = { url: `http://127.0.0.1:${home.config.ingress.hostPort}` }
    const total = 5_000
    const readings = manyReadings(total, 'SHARE')
    const victims = [`producer-1`, `consumer-1`]
    for (let at = 0; at < total; at += 100) {
      if (at === total / 2) for (const name of victims) home.kill(name)
      // If the connection breaks with its producer, the reading is not acknowledged: send it again.
      await until('it is accepted', async () => {
        const { status } = await postJson(target, readings.slice(at, at + 100))
        return status === 202
      })
    }
    await until('all are rows', async () => (await home.countRows()) === total, 60)
    const [account] = await home.sql<{ settled: number; explained: number }>(
      `select sum(next_offset - start_offset)::int as settled,
              sum(stored + duplicate + dead_lettered + expired + without_record)::int as explained
       from partition_ledger`,
    )
    expect(account?.settled).to.equal(account?.explained)
    for (const name of victims) await until(`${name} is back`, () => home.isRunning(name))
    platform.pressCtrlC()
    expect(await platform.waitForExit()).to.equal(0)
  })
})
