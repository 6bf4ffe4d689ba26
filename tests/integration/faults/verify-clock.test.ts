import { expect } from 'chai'
import { createRandom } from '../../../fleet/random.ts'
import { chosenFaults } from '../../../scripts/verify/faults/all-faults.ts'
import type { PlatformUnderTest } from '../../../scripts/verify/platform-under-test.ts'
import { Account } from '../../../scripts/workload/readings/account.ts'
import { clientFaults } from '../../../scripts/workload/readings/client-faults.ts'
import { Load } from '../../../scripts/workload/readings/load.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

describe('the clock fault of npm run verify', () => {
  it('stores and refuses readings with wrong times as expected, even with the shortest retention', async function () {
    this.timeout(90_000)
    await using tenant = await Tenant.create(await sharedServers(), ['postgres.retentionDays=1'])
    await tenant.startProducer()
    const account = new Account('CLOCK')
    const random = createRandom(7, 0)
    const url = `${tenant.url}/events`
    // The rate is so low that no other reading is sent during the fault.
    await using load = new Load({ url, token: undefined, rate: 0.001, account, random })
    const faults = clientFaults(() => ({ load, account }))
    const [fault] = chosenFaults('clock', true, {
      faults,
      storedBy: 'consumer',
      isSentOverHttp: true,
    })
    const { signal } = new AbortController()
    // The fault uses only the clients, not the stack.
    const platform = {} as PlatformUnderTest
    await fault?.inject({ platform, random, seconds: 0, isQuick: true, signal })
    expect([account.acknowledged, account.refused]).to.deep.equal([3, 1])
  })
})
