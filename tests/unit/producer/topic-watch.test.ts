import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'chai'
import type { TopicState } from '../../../services/adapters/kafka/topic-admin.ts'
import { TopicWatch } from '../../../services/producer/topic-watch.ts'
import { createLogger } from '../../../services/runtime/logger.ts'

type StateRequest = {
  /** Milliseconds of the monotonic clock. */
  readonly at: number
  readonly answer: (state: TopicState) => void
  readonly fail: (error: Error) => void
}

/** A topic with one partition. The test decides when each request is answered. */
class ManualTopic {
  readonly requests: StateRequest[] = []
  #onRequest: () => void = () => undefined

  state(): Promise<TopicState> {
    return new Promise((answer, fail) => {
      this.requests.push({ at: performance.now(), answer, fail })
      this.#onRequest()
    })
  }

  async request(number: number): Promise<StateRequest> {
    for (;;) {
      const request = this.requests[number]
      if (request !== undefined) return request
      await new Promise<void>((resolve) => {
        this.#onRequest = resolve
      })
    }
  }
}

const upTo = (high: number): TopicState => ({
  clusterId: 'c',
  ranges: [{ low: 0, high }],
  logTag: 1,
})

describe('TopicWatch.refresh', () => {
  let topic: ManualTopic
  let watch: TopicWatch
  beforeEach(() => {
    topic = new ManualTopic()
    watch = new TopicWatch(topic, createLogger('test', 'silent'), () => undefined)
  })

  const served = async (times: number): Promise<number[]> => {
    const views = await Promise.all(Array.from({ length: times }, () => watch.refresh()))
    return views.map(({ eventsServed }) => eventsServed)
  }

  it('sends one request for all calls before it is sent', async () => {
    const answers = served(3)
    ;(await topic.request(0)).answer(upTo(10))
    expect(await answers).to.deep.equal([10, 10, 10])
    expect(topic.requests).to.have.length(1)
  })

  it('sends one more request, after a pause, for all calls during a request', async () => {
    const early = served(1)
    const first = await topic.request(0)
    const late = served(3)
    const answeredAt = performance.now()
    first.answer(upTo(10))
    expect(await early).to.deep.equal([10])
    const { at, answer } = await topic.request(1)
    expect(at - answeredAt).to.be.at.least(240)
    answer(upTo(11))
    expect(await late).to.deep.equal([11, 11, 11])
    expect(topic.requests).to.have.length(2)
  })

  it('rejects all waiting calls if Kafka cannot be reached, and sends a request for the next call', async () => {
    const failureOf = (answers: Promise<unknown>) => answers.catch((error: unknown) => error)
    const unreachable = new Error('unreachable')
    const early = failureOf(served(1))
    const first = await topic.request(0)
    const late = failureOf(served(1))
    await nextTurn()
    first.fail(unreachable)
    expect([await early, await late]).to.deep.equal([unreachable, unreachable])
    const next = served(1)
    ;(await topic.request(1)).answer(upTo(10))
    expect(await next).to.deep.equal([10])
  })

  it('tells why Kafka refuses the producer, until it answers', async () => {
    const early = served(1).catch(() => undefined)
    const refused = new Error('retries exceeded', { cause: { type: 'TOPIC_AUTHORIZATION_FAILED' } })
    ;(await topic.request(0)).fail(refused)
    await early
    expect(watch.accessFault).to.equal('Kafka denies this login a right at a topic')
    const next = served(1)
    ;(await topic.request(1)).answer(upTo(10))
    await next
    expect(watch.accessFault).to.equal(undefined)
  })
})
