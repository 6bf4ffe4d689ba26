import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect } from 'chai'
import {
  FailureDelay,
  tooManyFailures,
} from '../../../services/adapters/http/tokens/failure-delay.ts'

function requestFrom(address: string): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: address })
  return new IncomingMessage(socket)
}

describe('FailureDelay', () => {
  let now: number
  let waiting: (() => void)[]
  let delay: FailureDelay
  beforeEach(() => {
    now = 0
    waiting = []
    const wait = () => new Promise<void>((resolve) => waiting.push(resolve))
    delay = new FailureDelay({ now: () => now, wait })
  })
  const fail = (address: string, count: number) => {
    for (let index = 0; index < count; index += 1) void delay.afterFailure(requestFrom(address))
  }

  it('delays answers to a client after ten failures in a minute, but not to other clients', () => {
    fail('192.0.2.1', 10)
    expect(waiting).to.have.length(0)
    fail('192.0.2.1', 1)
    expect(waiting).to.have.length(1)
    fail('192.0.2.2', 10)
    expect(waiting).to.have.length(1)
    now = 60_000
    fail('192.0.2.1', 10)
    expect(waiting).to.have.length(1)
  })

  it('counts the addresses of one IPv6 network together', () => {
    for (let index = 1; index <= 11; index += 1) fail(`2001:db8::${index}`, 1)
    expect(waiting).to.have.length(1)
  })

  it('delays 200 answers at a time, refuses more at once with 503, and delays later ones again', async () => {
    fail('192.0.2.1', 210)
    const refused = await Promise.all(
      Array.from({ length: 1_000 }, () => delay.afterFailure(requestFrom('192.0.2.1'))),
    )
    expect([...new Set(refused)]).to.deep.equal([tooManyFailures])
    expect(tooManyFailures.headers).to.include({ connection: 'close' })
    expect(await delay.afterFailure(requestFrom('192.0.2.2'))).to.equal(undefined)
    expect(waiting).to.have.length(200)
    for (const resolve of waiting.splice(0)) resolve()
    await new Promise(setImmediate)
    fail('192.0.2.1', 1)
    expect(waiting).to.have.length(1)
  })

  it('counts at most 10,000 clients in a minute separately', () => {
    for (let index = 0; index < 10_000; index += 1) fail(`10.0.${index >> 8}.${index & 255}`, 1)
    for (let index = 0; index < 11; index += 1) fail(`192.0.2.${index}`, 1)
    expect(waiting).to.have.length(1)
  })
})
