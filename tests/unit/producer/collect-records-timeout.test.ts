import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'chai'
import {
  NotAcknowledgedError,
  RecordCollector,
} from '../../../services/producer/events/collect-records.ts'
import { ManualRecordAppender, records } from './manual-record-appender.ts'
import { FakeClock } from './fake-clock.ts'

describe('RecordCollector without an acknowledgement in time', () => {
  let clock: FakeClock
  let log: ManualRecordAppender
  let collector: RecordCollector
  beforeEach(() => {
    clock = new FakeClock()
    log = new ManualRecordAppender()
    collector = new RecordCollector(log)
  })
  afterEach(() => {
    clock.restore()
  })

  const failureOf = (answer: Promise<unknown>): Promise<unknown> =>
    answer.then(
      () => 'acknowledged',
      (error: unknown) => error,
    )

  it('rejects a request after 10 seconds and not before', async () => {
    const answer = failureOf(collector.submit(records('a')))
    await nextTurn()
    clock.advance(9_999)
    const early = await Promise.race([answer, nextTurn('waiting')])
    expect(early).to.equal('waiting')
    clock.advance(1)
    expect(await answer).to.be.instanceOf(NotAcknowledgedError)
  })

  it('rejects a request after 10 seconds even if the time of day is set back', async () => {
    const answer = failureOf(collector.submit(records('a')))
    await nextTurn()
    clock.setBack(3_600_000)
    clock.advance(10_000)
    const outcome = await Promise.race([answer, nextTurn('waiting')])
    expect(outcome).to.be.instanceOf(NotAcknowledgedError)
  })

  it('rejects only the late requests', async () => {
    const late = failureOf(collector.submit(records('a')))
    await nextTurn()
    clock.advance(5_000)
    const inTime = failureOf(collector.submit(records('b')))
    clock.advance(5_000)
    expect(await late).to.be.instanceOf(NotAcknowledgedError)
    await log.acknowledge()
    await log.acknowledge()
    expect(await inTime).to.equal('acknowledged')
  })

  it('does not send the queued records of a rejected request', async () => {
    const first = failureOf(collector.submit(records('a')))
    await nextTurn()
    const waiting = failureOf(collector.submit(records('b', 'c')))
    clock.advance(10_000)
    const next = failureOf(collector.submit(records('d')))
    await log.acknowledge()
    expect(log.sends).to.deep.equal([['a'], ['d']])
    await log.acknowledge()
    const failures = await Promise.all([first, waiting])
    expect(failures.every((error) => error instanceof NotAcknowledgedError)).to.equal(true)
    expect(await next).to.equal('acknowledged')
  })

  it('does not send unacknowledged records of a rejected request again', async () => {
    const late = failureOf(collector.submit(records('a', 'b')))
    await nextTurn()
    clock.advance(10_000)
    expect(await late).to.be.instanceOf(NotAcknowledgedError)
    const next = failureOf(collector.submit(records('c')))
    await log.acknowledge(['b'])
    await log.waitForSends(2)
    expect(log.sends[1]).to.deep.equal(['c'])
    await log.acknowledge()
    expect(await next).to.equal('acknowledged')
  })

  it('runs its timer only while requests are pending', async () => {
    expect(clock.isTicking).to.equal(false)
    const answer = collector.submit(records('a'))
    await nextTurn()
    expect(clock.isTicking).to.equal(true)
    await log.acknowledge()
    await answer
    expect(clock.isTicking).to.equal(false)
  })
})
