import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'chai'
import { RecordCollector } from '../../../services/producer/events/collect-records.ts'
import { ManualRecordAppender, records, sized } from './manual-record-appender.ts'

const kibibytes = (count: number) => count * 1024
const positions = (...offsets: readonly number[]) =>
  offsets.map((offset) => ({ partition: 0, offset }))

describe('RecordCollector', () => {
  let log: ManualRecordAppender
  let collector: RecordCollector
  beforeEach(() => {
    log = new ManualRecordAppender()
    collector = new RecordCollector(log)
  })

  it('sends the first request immediately and resolves to the positions of its records', async () => {
    const answer = collector.submit(records('a', 'b'))
    await nextTurn()
    expect(log.sends).to.deep.equal([['a', 'b']])
    await log.acknowledge()
    expect(await answer).to.deep.equal(positions(0, 1))
  })

  it('sends requests of the same event loop turn together', async () => {
    const answers = [collector.submit(records('a')), collector.submit(records('b'))]
    await nextTurn()
    expect(log.sends).to.deep.equal([['a', 'b']])
    await log.acknowledge()
    expect(await Promise.all(answers)).to.deep.equal([positions(0), positions(1)])
  })

  it('has one send in flight and collects later requests for the next send', async () => {
    const answers = [collector.submit(records('a'))]
    await nextTurn()
    answers.push(collector.submit(records('b', 'c')))
    await nextTurn()
    answers.push(collector.submit(records('d')))
    await nextTurn()
    expect(log.sends).to.deep.equal([['a']])
    await log.acknowledge()
    expect(log.sends).to.deep.equal([['a'], ['b', 'c', 'd']])
    await log.acknowledge()
    expect(await Promise.all(answers)).to.deep.equal([positions(0), positions(1, 2), positions(3)])
  })

  it('sends again after the queue was empty', async () => {
    const first = collector.submit(records('a'))
    await nextTurn()
    await log.acknowledge()
    await first
    await nextTurn()
    const second = collector.submit(records('b'))
    await nextTurn()
    await log.acknowledge()
    expect(await second).to.deep.equal(positions(1))
    expect(log.sends).to.deep.equal([['a'], ['b']])
  })

  it('sends only unacknowledged records again', async () => {
    const answer = collector.submit(records('a', 'b', 'c'))
    await nextTurn()
    await log.acknowledge(['a', 'c'])
    await log.waitForSends(2)
    expect(log.sends[1]).to.deep.equal(['a', 'c'])
    await log.acknowledge()
    expect(await answer).to.deep.equal(positions(1, 0, 2))
  })

  it('resolves a request as soon as all its records are acknowledged, without waiting for other requests', async () => {
    const answered: string[] = []
    const complete = collector.submit(records('a')).then(() => answered.push('complete'))
    const partial = collector.submit(records('b', 'c')).then(() => answered.push('partial'))
    await nextTurn()
    await log.acknowledge(['c'])
    await complete
    expect(answered).to.deep.equal(['complete'])
    await log.waitForSends(2)
    await log.acknowledge()
    await partial
    expect(answered).to.deep.equal(['complete', 'partial'])
  })

  it('sends unacknowledged records before records that arrived later', async () => {
    const answers = [collector.submit(records('a'))]
    await nextTurn()
    answers.push(collector.submit(records('b')))
    await log.acknowledge(['a'])
    await log.waitForSends(2)
    expect(log.sends[1]).to.deep.equal(['a', 'b'])
    await log.acknowledge()
    expect(await Promise.all(answers)).to.deep.equal([positions(0), positions(1)])
  })

  it('sends at most 768 KiB at a time, in order', async () => {
    const sizes = [384, 384, 1, 767, 1]
    const submitted = sizes.map((size, index) => sized(String(index), kibibytes(size)))
    const answer = collector.submit(submitted)
    await nextTurn()
    await log.acknowledge()
    await log.acknowledge()
    await log.acknowledge()
    expect(log.sends).to.deep.equal([['0', '1'], ['2', '3'], ['4']])
    expect(await answer).to.deep.equal(positions(0, 1, 2, 3, 4))
  })

  it('pauses after a send for two requests, until a third one waits as before', async () => {
    const answers = ['a', 'b', 'c'].map((value) => collector.submit(records(value)))
    await nextTurn()
    await log.acknowledge()
    const again = ['d', 'e'].map((value) => collector.submit(records(value)))
    await nextTurn()
    expect(log.sends).to.have.length(1)
    again.push(collector.submit(records('f')))
    await nextTurn()
    expect(log.sends[1]).to.deep.equal(['d', 'e', 'f'])
    await log.acknowledge()
    await Promise.all([...answers, ...again])
  })

  it('does not pause when further records are left after a send of 768 KiB', async () => {
    const answers = ['a', 'b', 'c'].map((value) => collector.submit([sized(value, kibibytes(300))]))
    await nextTurn()
    await log.acknowledge()
    expect(log.sends).to.deep.equal([['a', 'b'], ['c']])
    await log.acknowledge()
    await Promise.all(answers)
  })

  it('sends a record over 768 KiB alone', async () => {
    const answer = collector.submit([sized('large', kibibytes(1024)), sized('next', 1)])
    await nextTurn()
    await log.acknowledge()
    await log.acknowledge()
    expect(log.sends).to.deep.equal([['large'], ['next']])
    expect(await answer).to.deep.equal(positions(0, 1))
  })

  it('sends at most 10,000 records at a time', async () => {
    const many = Array.from({ length: 10_001 }, (_, index) => sized(String(index), 1))
    const answer = collector.submit(many)
    await nextTurn()
    await log.acknowledge()
    await log.acknowledge()
    expect(log.sends.map((send) => send.length)).to.deep.equal([10_000, 1])
    expect((await answer).at(-1)).to.deep.equal({ partition: 0, offset: 10_000 })
  })

  it('waits for every pending request when it is disposed', async () => {
    const events: string[] = []
    const answer = collector.submit(records('a')).then(() => events.push('answered'))
    await nextTurn()
    const disposed = collector[Symbol.asyncDispose]().then(() => events.push('disposed'))
    await nextTurn()
    expect(events).to.deep.equal([])
    await log.acknowledge()
    await Promise.all([answer, disposed])
    expect(events).to.deep.equal(['answered', 'disposed'])
  })
})
