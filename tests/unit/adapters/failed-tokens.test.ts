import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { FailedTokens } from '../../../services/adapters/http/tokens/failed-tokens.ts'
import { TokenCheck } from '../../../services/adapters/http/tokens/token-check.ts'
import { captureLog } from '../../support/captured-log.ts'

/** A request from an address, with a header `Authorization`. */
function requestFrom(address: string, authorization?: string): IncomingMessage {
  const socket = Object.create(new Socket(), { remoteAddress: { value: address } }) as Socket
  const request = new IncomingMessage(socket)
  if (authorization !== undefined) request.headers.authorization = authorization
  return request
}

describe('FailedTokens', () => {
  const minuteMs = 60_000
  let now: number
  let registry: Registry
  let log: ReturnType<typeof captureLog>
  let failedTokens: FailedTokens
  beforeEach(() => {
    now = 1_000_000
    registry = new Registry()
    log = captureLog()
    failedTokens = new FailedTokens({ registry, logger: log.logger, now: () => now })
  })

  const lines = () =>
    log.lines.map(({ event, client, why, unlogged }) => [event, client, why, unlogged])
  const counts = async () => {
    const metric = registry.getSingleMetric('telemetry_requests_without_valid_token_total')
    const { values = [] } = (await metric?.get()) ?? {}
    return Object.fromEntries(values.map(({ labels, value }) => [String(labels['why']), value]))
  }

  it('counts both reasons from 0 on', async () => {
    expect(await counts()).to.deep.equal({ missing: 0, wrong: 0 })
    failedTokens.note(requestFrom('192.0.2.1'), 'missing')
    failedTokens.note(requestFrom('192.0.2.1'), 'wrong')
    failedTokens.note(requestFrom('192.0.2.2'), 'wrong')
    expect(await counts()).to.deep.equal({ missing: 1, wrong: 2 })
  })

  it('logs a client once a minute, with the number of requests without a line', () => {
    for (let index = 0; index < 1_000; index += 1)
      failedTokens.note(requestFrom('::ffff:192.0.2.1'), 'wrong')
    expect(lines()).to.deep.equal([['token-refused', '192.0.2.1', 'wrong', 0]])
    now += minuteMs - 1
    failedTokens.note(requestFrom('192.0.2.1'), 'wrong')
    expect(log.lines.length).to.equal(1)
    now += 1
    failedTokens.note(requestFrom('192.0.2.1'), 'missing')
    expect(lines().at(-1)).to.deep.equal(['token-refused', '192.0.2.1', 'missing', 1_000])
  })

  it('logs at most ten lines a minute, however many clients there are', () => {
    const fail = (count: number): void => {
      for (let index = 0; index < count; index += 1)
        failedTokens.note(requestFrom(`2001:db8::${index.toString(16)}`), 'wrong')
    }
    fail(5_000)
    expect(log.lines.length).to.equal(10)
    now += minuteMs
    fail(5_000)
    expect(log.lines.length).to.equal(20)
    expect(log.lines[10]?.['unlogged']).to.equal(4_990)
  })

  it('never logs a token', () => {
    const check = new TokenCheck({ token: 'right-token', failedTokens })
    expect(check.accepts(requestFrom('192.0.2.1', 'Bearer wrong-token'))).to.equal(false)
    expect(check.accepts(requestFrom('192.0.2.2', 'Basic d3Jvbmc='))).to.equal(false)
    expect(check.accepts(requestFrom('192.0.2.3'))).to.equal(false)
    expect(lines().map(([, , why]) => why)).to.deep.equal(['wrong', 'wrong', 'missing'])
    expect(JSON.stringify(log.lines)).to.not.match(/right-token|wrong-token|d3Jvbmc/)
  })
})

describe('TokenCheck', () => {
  const noted: string[] = []
  const failedTokens = { note: (_: IncomingMessage, why: string) => noted.push(why) }
  beforeEach(() => {
    noted.length = 0
  })
  const [right, wrong, none] = ['Bearer secret', 'Bearer other', undefined].map((header) =>
    requestFrom('192.0.2.1', header),
  ) as [IncomingMessage, IncomingMessage, IncomingMessage]

  it('accepts every request and notes nothing if no token is required', () => {
    const check = new TokenCheck({ token: undefined, failedTokens })
    for (const request of [right, wrong, none])
      expect([check.accepts(request), check.showsAll(request)]).to.deep.equal([true, true])
    expect(noted).to.deep.equal([])
  })

  it('notes a missing token only where the token is required, and a wrong one everywhere', () => {
    const check = new TokenCheck({ token: 'secret', failedTokens })
    expect([right, wrong, none].map((request) => check.showsAll(request))).to.deep.equal([
      true,
      false,
      false,
    ])
    expect(noted).to.deep.equal(['wrong'])
    expect([right, wrong, none].map((request) => check.accepts(request))).to.deep.equal([
      true,
      false,
      false,
    ])
    expect(noted).to.deep.equal(['wrong', 'wrong', 'missing'])
  })
})
