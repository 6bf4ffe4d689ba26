import { expect } from 'chai'
import { WakeUp } from '../../../services/runtime/wake-up.ts'

const hour = 3_600_000

describe('a pause that can be ended', () => {
  const { signal } = new AbortController()

  it('ends when it is called', async () => {
    const wakeUp = new WakeUp()
    const pause = wakeUp.sleep(hour, signal)
    wakeUp.call()
    await pause
  })

  it('does not begin after a call, once', async () => {
    const wakeUp = new WakeUp()
    wakeUp.call()
    await wakeUp.sleep(hour, signal)
    const next = wakeUp.sleep(hour, signal).then(() => 'ended')
    const first = await Promise.race([next, Promise.resolve('pauses')])
    expect(first).to.equal('pauses')
    wakeUp.call()
    await next
  })

  it('ends when the signal aborts', async () => {
    const end = new AbortController()
    const pause = new WakeUp().sleep(hour, end.signal)
    end.abort()
    await pause
    await new WakeUp().sleep(hour, end.signal)
  })
})
