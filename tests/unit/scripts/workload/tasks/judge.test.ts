import { expect } from 'chai'
import type { SentMessage } from '../../../../../scripts/workload/tasks/account.ts'
import type { Effects } from '../../../../../scripts/workload/tasks/judge.ts'
import { judgeTasks } from '../../../../../scripts/workload/tasks/judge.ts'
import { garbage } from '../../../../../scripts/workload/tasks/message.ts'

const notJson = garbage.findIndex(({ code }) => code === 'not-json')
const badParams = garbage.findIndex(({ code }) => code === 'bad-params')
const sent: SentMessage[] = [
  { unit: 'v-0', kind: 'plain', isAcknowledged: true },
  { unit: 'v-1', kind: notJson, isAcknowledged: true },
  { unit: 'v-2', kind: badParams, isAcknowledged: true },
  { unit: 'v-3', kind: 'plain', isAcknowledged: false },
]
/** `v-1` is in the topic twice. */
const records = new Map([
  ['v-0', 1],
  ['v-1', 2],
  ['v-2', 1],
])
const right: Effects = {
  tasks: new Map([
    ['v-0', { state: 'complete', code: null }],
    ['v-2', { state: 'failed', code: 'bad-params' }],
  ]),
  rows: new Map([['v-0', 1]]),
  letters: new Map([['v-1', ['not-json', 'not-json']]]),
  envelopes: new Map([
    [
      'v-1',
      new Map([
        ['0-1', 'not-json'],
        ['0-2', 'not-json'],
      ]),
    ],
    ['v-2', new Map([['p:2:1', 'bad-params']])],
  ]),
}

const judge = (change: Partial<Effects>) => {
  const { lost, duplicates, findings } = judgeTasks({
    ...{ pipeline: 'p', sent, records, ...right },
    ...change,
  })
  return { lost: [...lost], duplicates, findings }
}

describe('judgeTasks', () => {
  it('finds nothing if each message has one task and its row, or its errors', () => {
    expect(judge({})).to.deep.equal({ lost: [], duplicates: 0, findings: [] })
  })

  it('counts a message without its row, task or error envelope as lost', () => {
    const without = { rows: new Map(), tasks: new Map(), envelopes: new Map() }
    expect(judge(without).lost).to.deep.equal(['v-0', 'v-1', 'v-2'])
    expect(judge({ rows: new Map() })).to.deep.equal({
      ...{ lost: ['v-0'], duplicates: 0 },
      findings: ['p: message v-0: it has 0 rows instead of 1'],
    })
  })

  it('counts a second row, dead letter or error envelope, and a row without a message, as duplicates', () => {
    const rows = new Map([
      ['v-0', 2],
      ['v-9', 1],
    ])
    expect(judge({ rows }).duplicates).to.equal(2)
    const letters = new Map([['v-1', ['not-json', 'not-json', 'not-json']]])
    expect(judge({ letters })).to.deep.equal({
      ...{ lost: [], duplicates: 1 },
      findings: ['p: message v-1: it has 3 dead letters instead of 2'],
    })
    const errors = new Map([
      ['p:2:1', 'bad-params'],
      ['p:2:2', 'bad-params'],
    ])
    const envelopes = new Map([...right.envelopes, ['v-2', errors]])
    expect(judge({ envelopes }).duplicates).to.equal(1)
  })

  it('reports a task with another end than its message asks for', () => {
    const tasks = new Map([...right.tasks, ['v-2', { state: 'failed', code: 'worker-lost' }]])
    expect(judge({ tasks }).findings).to.deep.equal([
      'p: message v-2: it ended as worker-lost instead of bad-params',
    ])
    const running = new Map([...right.tasks, ['v-0', { state: 'running', code: null }]])
    expect(judge({ tasks: running }).findings).to.deep.equal([
      'p: message v-0: it ended as running instead of complete',
    ])
  })

  it('does not count an unacknowledged message as lost, but counts its effects if the topic does not hold it', () => {
    const rows = new Map([...right.rows, ['v-3', 1]])
    expect(judge({ rows })).to.deep.include({ lost: [], duplicates: 1 })
  })
})
