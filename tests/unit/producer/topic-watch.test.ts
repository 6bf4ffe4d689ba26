import { setImmediate as settled } from 'node:timers/promises'
import { expect } from 'chai'
import type { TopicState } from '../../../services/adapters/kafka/topic-admin.ts'
import { TopicWatch } from '../../../services/producer/limits/topic-watch.ts'
import { createLogger } from '../../../services/runtime/logger.ts'

type Question = {
  readonly at: number
  readonly answer: (state: TopicState) => void
  readonly fail: (error: Error) => void
}

/** A topic of one partition that answers each question when the test says so. */
class HeldTopic {
  readonly questions: Question[] = []
  #onQuestion: () => void = () => undefined

  state(): Promise<TopicState> {
    return new Promise((answer, fail) => {
      this.questions.push({ at: performance.now(), answer, fail })
      this.#onQuestion()
    })
  }

  async question(number: number): Promise<Question> {
    for (;;) {
      const question = this.questions[number]
      if (question !== undefined) return question
      await new Promise<void>((resolve) => {
        this.#onQuestion = resolve
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
  let topic: HeldTopic
  let watch: TopicWatch
  beforeEach(() => {
    topic = new HeldTopic()
    watch = new TopicWatch(topic, createLogger('test', 'silent'), () => undefined)
  })

  const served = async (times: number): Promise<number[]> => {
    const views = await Promise.all(Array.from({ length: times }, () => watch.refresh()))
    return views.map(({ eventsServed }) => eventsServed)
  }

  it('asks once for all who come before the question is put', async () => {
    const answers = served(3)
    ;(await topic.question(0)).answer(upTo(10))
    expect(await answers).to.deep.equal([10, 10, 10])
    expect(topic.questions).to.have.length(1)
  })

  it('asks once more, a moment later, for all who come while a question is under way', async () => {
    const early = served(1)
    const first = await topic.question(0)
    const late = served(3)
    const answeredAt = performance.now()
    first.answer(upTo(10))
    expect(await early).to.deep.equal([10])
    const { at, answer } = await topic.question(1)
    expect(at - answeredAt).to.be.at.least(240)
    answer(upTo(11))
    expect(await late).to.deep.equal([11, 11, 11])
    expect(topic.questions).to.have.length(2)
  })

  it('tells all who wait when Kafka is away, and asks again for the next', async () => {
    const failureOf = (answers: Promise<unknown>) => answers.catch((error: unknown) => error)
    const away = new Error('away')
    const early = failureOf(served(1))
    const first = await topic.question(0)
    const late = failureOf(served(1))
    await settled()
    first.fail(away)
    expect([await early, await late]).to.deep.equal([away, away])
    const next = served(1)
    ;(await topic.question(1)).answer(upTo(10))
    expect(await next).to.deep.equal([10])
  })
})
