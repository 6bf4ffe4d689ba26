import { mock } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'chai'
import { SendPause } from '../../../services/producer/events/send-pause.ts'

describe('SendPause', () => {
  let pause: SendPause
  let now: number
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    now = 1_000
    performance.now = () => now
    pause = new SendPause()
  })
  afterEach(() => {
    mock.timers.reset()
    Reflect.deleteProperty(performance, 'now')
  })

  const passMs = (milliseconds: number): void => {
    now += milliseconds
    mock.timers.tick(milliseconds)
  }

  /** Lets this number of requests arrive at the same time. */
  const arrive = (count: number): void => {
    for (let waiting = 1; waiting <= count; waiting += 1) pause.requestArrived(waiting)
  }
  /** Starts a pause after a send. @returns a function that tells whether it has ended */
  function startPause(requests: number, waiting: number, records = requests) {
    let hasEnded = false
    void pause.afterSend({ requests, records }, waiting).then(() => (hasEnded = true))
    return async (): Promise<boolean> => {
      await nextTurn()
      return hasEnded
    }
  }

  it('does not wait after a send for one request', async () => {
    arrive(8)
    expect(await startPause(1, 0)()).to.equal(true)
  })

  it('waits 10 ms after a send for two requests while further requests arrive', async () => {
    arrive(8)
    const hasEnded = startPause(2, 0)
    for (let passed = 1; passed < 10; passed += 1) {
      passMs(1)
      pause.requestArrived(2)
      expect(await hasEnded(), `${passed} ms`).to.equal(false)
    }
    passMs(1)
    expect(await hasEnded()).to.equal(true)
  })

  it('does not wait after a send of 100 records', async () => {
    arrive(8)
    expect(await startPause(2, 0, 99)()).to.equal(false)
    pause = new SendPause()
    arrive(8)
    expect(await startPause(2, 0, 100)()).to.equal(true)
  })

  it('ends when no request has arrived for 2 ms', async () => {
    arrive(8)
    const hasEnded = startPause(2, 0)
    passMs(1)
    pause.requestArrived(1)
    passMs(1)
    expect(await hasEnded()).to.equal(false)
    passMs(1)
    expect(await hasEnded()).to.equal(true)
  })

  it('ends when as many requests wait as there were at one time before', async () => {
    arrive(8)
    const hasEnded = startPause(8, 0)
    arrive(7)
    expect(await hasEnded()).to.equal(false)
    pause.requestArrived(8)
    expect(await hasEnded()).to.equal(true)
  })

  it('ends when 48 requests wait, however many there were before', async () => {
    arrive(500)
    const hasEnded = startPause(50, 0)
    arrive(47)
    expect(await hasEnded()).to.equal(false)
    pause.requestArrived(48)
    expect(await hasEnded()).to.equal(true)
  })

  it('does not begin if enough requests wait already', async () => {
    arrive(500)
    expect(await startPause(50, 48)()).to.equal(true)
  })

  it('forgets after at most half a second how many requests there were', async () => {
    arrive(20)
    now += 251
    arrive(3)
    now += 251
    const hasEnded = startPause(3, 1)
    expect(await hasEnded()).to.equal(false)
    pause.requestArrived(3)
    expect(await hasEnded()).to.equal(true)
  })
})
