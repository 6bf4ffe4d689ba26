import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect } from 'chai'
import { tooManyFailures } from '../../../../services/adapters/http/tokens/failure-delay.ts'
import { vehicleRefused } from '../../../../services/producer/access/access-problems.ts'
import type { AccessOptions, Caller } from '../../../../services/producer/access/access.ts'
import { credentialsOf } from '../../../../services/producer/access/tokens-of-request.ts'
import { parseDevicePath } from '../../../../services/producer/devices/device-path.ts'
import { hashOfToken } from '../../../../services/devices/device-token.ts'
import { encodeDevice } from '../../../../services/telemetry/devices/device.ts'
import { aDevice, anAccess, aRegistry } from '../../../support/an-access.ts'

const token = 'a/b%token'
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
type Headers = Readonly<Record<string, string>>

/** The decision about a request, and why its token was counted as failed. */
function admit(url: string, headers: Headers, options: Partial<AccessOptions>) {
  const request = new IncomingMessage(new Socket())
  request.url = url
  Object.assign(request.headers, headers)
  const failed: string[] = []
  const failedTokens = { note: (_: IncomingMessage, why: string) => void failed.push(why) }
  const access = anAccess({ ...options, failedTokens })
  const credentials = credentialsOf(request, parseDevicePath(url)?.tokens)
  return { admission: access.admit(request, credentials), failed }
}

describe('Access.admit', () => {
  const required = { tokensForAllVehicles: [token], isTokenRequired: true }

  for (const [place, url, headers] of [
    ['the path', '/devices/osmand/a%2Fb%25token?id=A', {}],
    ['the query', '/devices/osmand?id=A&token=a%2Fb%25token', {}],
    ['Authorization: Bearer', '/devices/overland', { authorization: `Bearer ${token}` }],
    ['the password of Basic', '/devices/owntracks', { authorization: basic(`ann:${token}`) }],
    ['X-Limit-U', '/devices/owntracks', { 'x-limit-u': token }],
    ['two places', '/devices/osmand/a%2Fb%25token', { authorization: basic(`:${token}`) }],
  ] as const) {
    it(`finds the token of the platform in ${place}`, () => {
      const { admission } = admit(url, headers, required)
      expect(admission).to.deep.equal({ kind: 'admitted', caller: { kind: 'platform', token } })
    })

    it(`finds the token of a device in ${place}`, () => {
      const device = aDevice({ tokenHash: aDevice({ vin: 'X' }).tokenHash })
      const registry = aRegistry([device])
      const [text, ofDevice] = [encodeURIComponent(token), encodeURIComponent('token of X')]
      const changed = Object.entries<string>(headers).map(([name, value]) => [
        name,
        name === 'x-limit-u'
          ? 'token of X'
          : value.startsWith('Bearer')
            ? 'Bearer token of X'
            : basic('a:token of X'),
      ])
      const { admission } = admit(
        url.replace(text, ofDevice),
        Object.fromEntries(changed) as Headers,
        { ...required, registry: () => registry },
      )
      expect(admission).to.deep.include({ kind: 'admitted' })
      expect((admission as { caller: Caller }).caller).to.include({ kind: 'device', vin: 'VAN-12' })
    })
  }

  for (const [what, url, headers] of [
    ['two in the query', '/devices/osmand?token=a%2Fb%25token&token=token%20of%20X', {}],
    [
      'one in the path and another in the query',
      '/devices/osmand/a%2Fb%25token?token=token%20of%20X',
      {},
    ],
    [
      'one in the query and another in the header',
      '/devices/osmand?token=a%2Fb%25token',
      { authorization: 'Bearer token of X' },
    ],
    [
      'one in the path and another as password',
      '/devices/osmand/a%2Fb%25token',
      { authorization: basic('ann:token of X') },
    ],
  ] as const) {
    const registry = aRegistry([aDevice({ tokenHash: aDevice({ vin: 'X' }).tokenHash })])

    it(`refuses the tokens of several callers: ${what}`, () => {
      const { admission } = admit(url, headers, { ...required, registry: () => registry })
      expect(admission).to.have.nested.property('problem.status', 403)
      expect(admission).to.have.nested.property('problem.extra.code', 'several-tokens')
    })

    it(`uses the valid one of two tokens: ${what}`, () => {
      for (const unknown of ['accept', 'ask', 'refuse'] as const) {
        const { admission, failed } = admit(url, headers, { ...required, unknown })
        expect(admission).to.deep.equal({ kind: 'admitted', caller: { kind: 'platform', token } })
        expect(failed).to.deep.equal([])
      }
    })
  }

  it('takes a user name without a password as no token', () => {
    const headers = { authorization: basic('ann:') }
    const { admission } = admit('/devices/owntracks', headers, { unknown: 'ask' })
    const caller = { kind: 'anonymous', hasToken: false }
    expect(admission).to.deep.equal({ kind: 'admitted', caller })
  })

  it('distinguishes a missing token from a wrong one', () => {
    const whyOf = (url: string, headers: Headers = {}) => {
      const { admission, failed } = admit(url, headers, required)
      expect(admission.kind).to.equal('token-refused')
      return failed
    }
    expect(whyOf('/devices/osmand')).to.deep.equal(['missing'])
    expect(whyOf('/devices/osmand/')).to.deep.equal(['missing'])
    expect(whyOf('/devices/osmand/x')).to.deep.equal(['wrong'])
    expect(whyOf('/devices/osmand/%F0')).to.deep.equal(['wrong'])
    expect(whyOf('/devices/osmand', { authorization: basic(`${token}:x`) })).to.deep.equal([
      'wrong',
    ])
    expect(whyOf('/devices/osmand', { authorization: 'Digest x' })).to.deep.equal(['missing'])
  })

  it('refuses everything with 503 before the registry was read', () => {
    const { admission } = admit('/devices/osmand', {}, { registry: () => undefined })
    expect(admission).to.have.nested.property('problem.status', 503)
  })

  for (const [unknown, isTokenRequired, url, expected] of [
    ['accept', false, '/devices/osmand', 'admitted'],
    ['accept', false, '/devices/osmand/wrong', 'admitted'],
    ['accept', true, '/devices/osmand', 'token-refused'],
    ['ask', false, '/devices/osmand', 'admitted'],
    ['ask', false, '/devices/osmand/wrong', 'token-refused'],
    ['refuse', false, '/devices/osmand', 'token-refused'],
    ['ask', true, '/devices/osmand', 'token-refused'],
    ['ask-if-new', false, '/devices/osmand', 'admitted'],
    ['ask-if-new', false, '/devices/osmand/wrong', 'token-refused'],
  ] as const) {
    it(`${unknown}${isTokenRequired ? ' with a required token' : ''}: ${url} is ${expected}`, () => {
      expect(admit(url, {}, { unknown, isTokenRequired }).admission.kind).to.equal(expected)
    })
  }
})

describe('Access, which keeps the callers of valid tokens,', () => {
  const device = aDevice({ revision: 1 })
  const withToken = (secret: string) => {
    const request = new IncomingMessage(new Socket())
    request.headers.authorization = `Bearer ${secret}`
    return request
  }

  for (const [what, change, isAdmitted] of [
    ['refuses a token that was revoked', { tokenHash: null }, false],
    ['refuses a token that was replaced', { tokenHash: hashOfToken('new token') }, false],
    ['refuses the token of a device that was removed', { removed: true }, false],
    ['accepts the token of a device that was renamed', { name: 'Van 13' }, true],
  ] as const)
    it(`${what} after it was used`, () => {
      const registry = aRegistry([device])
      const access = anAccess({ unknown: 'refuse', registry: () => registry })
      const admit = (secret: string) => {
        const request = withToken(secret)
        return access.admit(request, credentialsOf(request))
      }
      const first = admit('token of VAN-12')
      expect(first.kind).to.equal('admitted')
      const { key, value } = encodeDevice({ ...device, ...change, revision: 2 })
      expect(registry.apply(key, value)).to.equal('stands')
      expect(admit('token of VAN-12').kind).to.equal(isAdmitted ? 'admitted' : 'token-refused')
      const { caller } = first as { caller: Caller }
      expect(access.resolve(caller, ['VAN-12']).kind).to.equal(isAdmitted ? 'allowed' : 'refused')
    })

  it('finds the new owner of a token', () => {
    const registry = aRegistry([device])
    const access = anAccess({ unknown: 'refuse', registry: () => registry })
    const admit = () => {
      const request = withToken('token of VAN-12')
      return access.admit(request, credentialsOf(request))
    }
    admit()
    const { tokenHash } = device
    for (const changed of [
      { ...device, tokenHash: null, revision: 2 },
      aDevice({ vin: 'TRUCK', tokenHash }),
    ]) {
      const { key, value } = encodeDevice(changed)
      expect(registry.apply(key, value)).to.equal('stands')
    }
    expect(admit()).to.have.nested.property('caller.vin', 'TRUCK')
  })
})

describe('Access.afterRefusal', () => {
  const tokenRequired = vehicleRefused['token-required']

  for (const [what, hasToken, problem, expected] of [
    ['a wrong token of a vehicle that has one', true, tokenRequired, ['wrong', 'delay']],
    ['a missing token', false, tokenRequired, []],
    ['a vehicle without a device', true, vehicleRefused['unknown-vehicle'], []],
  ] as const) {
    it(`${expected.length > 0 ? 'counts and delays' : 'does not count or delay'} ${what}`, async () => {
      const calls: string[] = []
      const access = anAccess({
        failedTokens: { note: (_: IncomingMessage, why: string) => void calls.push(why) },
        failureDelay: {
          afterFailure: () => {
            calls.push('delay')
            return Promise.resolve(undefined)
          },
        },
      })
      const request = new IncomingMessage(new Socket())
      const answer = await access.afterRefusal(request, { kind: 'anonymous', hasToken }, problem)
      expect(answer).to.equal(problem)
      expect(calls).to.deep.equal(expected)
    })
  }

  it('gives the answer of the delay instead, if too many answers wait', async () => {
    const failureDelay = { afterFailure: () => Promise.resolve(tooManyFailures) }
    const access = anAccess({ failureDelay })
    const request = new IncomingMessage(new Socket())
    const caller = { kind: 'anonymous', hasToken: true } as const
    expect(await access.afterRefusal(request, caller, tokenRequired)).to.equal(tooManyFailures)
    expect(await access.afterFailure(request, tokenRequired)).to.equal(tooManyFailures)
  })
})
