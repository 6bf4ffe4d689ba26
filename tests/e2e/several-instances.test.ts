import { expect } from 'chai'
import { manyReadings, postJson } from '../support/http-client.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { until } from '../support/until.ts'

describe('several producers and consumers', function () {
  this.timeout(240_000)

  it('share the work behind one address and lose no reading when one of each is killed', async () => {
    await using home = await PlatformHome.create([
      'fleet.numVehicles=0',
      ...['producer.instances=2', 'consumer.instances=2'],
    ])
    const platform = home.start()
    await platform.waitForOutput('The platform is running.')
    const target = { url: `http://127.0.0.1:${home.config.ingress.hostPort}` }
    const total = 5_000
    const readings = manyReadings(total, 'SHARE')
    const killed = [`producer-1`, `consumer-1`]
    for (let at = 0; at < total; at += 100) {
      if (at === total / 2) for (const name of killed) home.kill(name)
      // A request whose producer is killed is not acknowledged. It is sent again.
      await until('the request is accepted', async () => {
        const { status } = await postJson(target, readings.slice(at, at + 100))
        return status === 202
      })
    }
    await until('all readings are rows', async () => (await home.countRows()) === total)
    const [account] = await home.sql<{ settled: number; explained: number }>(
      `select sum(next_offset - start_offset)::int as settled,
              sum(stored + duplicate + dead_lettered + expired + without_record)::int as explained
       from partition_ledger`,
    )
    expect(account?.settled).to.equal(account?.explained)
    for (const name of killed) await until(`${name} runs again`, () => home.isRunning(name))
    platform.pressCtrlC()
    expect(await platform.waitForExit()).to.equal(0)
  })
})
