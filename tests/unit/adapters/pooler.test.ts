import { expect } from 'chai'
import type pg from 'pg'
import {
  hasExampleOptions,
  sharesSessions,
} from '../../../services/adapters/postgres/external/pooler.ts'

/** Gives out the processes of a server, like a pooler. */
class Sessions {
  readonly #pick: (idle: readonly number[]) => number
  readonly #idle: number[] = [101, 102, 103]

  /** @param pick which idle process the next transaction gets */
  constructor(pick: (idle: readonly number[]) => number) {
    this.#pick = pick
  }

  /** A session whose transactions get any process. */
  pooled(): pg.ClientBase {
    let held: number | undefined
    return aSession((text) => {
      const pid = held ?? this.#pick(this.#idle)
      if (text === 'BEGIN') {
        held = pid
        this.#idle.splice(this.#idle.indexOf(pid), 1)
      }
      if (text === 'ROLLBACK') {
        held = undefined
        this.#idle.push(pid)
      }
      return pid
    })
  }
}

/** A session with a separate process of the server. */
const direct = (pid: number) => aSession(() => pid)

function aSession(processFor: (text: string) => number): pg.ClientBase {
  const query = (text: string) => Promise.resolve({ rows: [{ pid: processFor(text) }] })
  return { query } as unknown as pg.ClientBase
}

describe('A pooler in transaction mode', () => {
  it('is recognized if it gives out the process that was used last', async () => {
    const sessions = new Sessions((idle) => idle.at(-1)!)
    expect(await sharesSessions(sessions.pooled(), sessions.pooled())).to.equal(true)
  })

  it('is recognized if it gives out the processes in turn', async () => {
    let turn = 0
    const sessions = new Sessions((idle) => idle[(turn += 1) % idle.length]!)
    expect(await sharesSessions(sessions.pooled(), sessions.pooled())).to.equal(true)
  })

  it('is recognized if it gives out the process that was idle for longest', async () => {
    const sessions = new Sessions((idle) => idle[0]!)
    expect(await sharesSessions(sessions.pooled(), sessions.pooled())).to.equal(true)
  })

  it('is not confused with connections that keep their process', async () => {
    expect(await sharesSessions(direct(101), direct(102))).to.equal(false)
  })
})

describe('A pooler that drops the settings of a connection', () => {
  const withTimeout = (value: string) =>
    ({ query: () => Promise.resolve({ rows: [{ value }] }) }) as unknown as pg.ClientBase

  it('is recognized by a setting that does not apply', async () => {
    for (const value of ['0', '30s', ''])
      expect(await hasExampleOptions(withTimeout(value)), value).to.equal(false)
  })

  it('is not confused with a connection that has its settings', async () => {
    expect(await hasExampleOptions(withTimeout('61s'))).to.equal(true)
  })
})
