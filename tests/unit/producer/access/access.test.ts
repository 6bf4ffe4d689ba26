import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect } from 'chai'
import { vehicleRefused } from '../../../../services/producer/access/access-problems.ts'
import type { AccessOptions, Caller } from '../../../../services/producer/access/access.ts'
import {
  credentialsOf,
  withoutToken,
} from '../../../../services/producer/access/tokens-of-request.ts'
import { parseDevicePath } from '../../../../services/producer/devices/device-path.ts'
import { encodeDevice, encodeMarker } from '../../../../services/telemetry/devices/device.ts'
import { aDevice, anAccess, aRegistry } from '../../../support/an-access.ts'

const token = 'a/b%token'
const anonymous: Caller = { kind: 'anonymous', hasToken: false }
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
  const required = { platformTokens: [token], isTokenRequired: true }

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

describe('Access.resolve', () => {
  const van = aDevice({ vin: 'VAN-12', aliases: ['phone 7'] })
  const truck = aDevice({ vin: 'TRUCK' })
  const registry = aRegistry([van, truck])
  const callerOf = (vin: string): Caller => {
    return { kind: 'device', token, vin, tokenHash: aDevice({ vin }).tokenHash ?? '' }
  }

  function resolve(
    caller: Caller,
    ids: readonly (string | undefined)[],
    options: Partial<AccessOptions> = {},
  ) {
    const counted: string[] = []
    const onRefused = (why: string) => void counted.push(why)
    const resolution = anAccess({ registry: () => registry, onRefused, ...options }).resolve(
      caller,
      ids,
    )
    if (resolution.kind === 'allowed') return resolution.vins
    expect(counted).to.have.length(1)
    return [resolution.problem.status, counted[0]]
  }

  it('stores the readings of a device under its vin, also with an alias or without an id', () => {
    const ids = ['VAN-12', 'phone 7', undefined]
    expect(resolve(callerOf('VAN-12'), ids)).to.deep.equal(['VAN-12', 'VAN-12', 'VAN-12'])
  })

  for (const id of ['TRUCK', 'NEW']) {
    it(`refuses a batch in which a device names ${id}`, () => {
      const ids = ['VAN-12', id]
      expect(resolve(callerOf('VAN-12'), ids)).to.deep.equal([403, 'other-vehicle'])
    })
  }

  it('refuses a device whose token was revoked after the request was admitted', () => {
    const revoked = aRegistry([van])
    const { key, value } = encodeDevice({ ...van, revision: 2, tokenHash: null })
    revoked.apply(key, value)
    const resolution = resolve(callerOf('VAN-12'), ['VAN-12'], { registry: () => revoked })
    expect(resolution).to.deep.equal([401, 'token-required'])
  })

  it('lets the platform report as every vehicle, and stores aliases under the vin', () => {
    const ids = ['VAN-12', 'phone 7', 'NEW', undefined]
    expect(resolve({ kind: 'platform', token }, ids)).to.deep.equal([
      'VAN-12',
      'VAN-12',
      'NEW',
      undefined,
    ])
  })

  it('without a token accepts only vehicles that are not in the registry', () => {
    expect(resolve(anonymous, ['NEW'])).to.deep.equal(['NEW'])
    for (const id of ['VAN-12', 'phone 7'])
      expect(resolve(anonymous, ['NEW', id])).to.deep.equal([401, 'token-required'])
  })

  it('ask: refuses an unknown vehicle without a token, and reports that it waits', () => {
    const waiting: string[] = []
    const onWaiting = (id: string) => void waiting.push(id)
    const resolution = resolve(anonymous, ['NEW'], { unknown: 'ask', onWaiting })
    expect(resolution).to.deep.equal([403, 'unknown-vehicle'])
    resolve(anonymous, ['VAN-12'], { unknown: 'ask', onWaiting })
    expect(waiting).to.deep.equal(['NEW'])
  })

  it('ask-if-new: asks on a new platform, and accepts if there were readings before devices', () => {
    const options = { unknown: 'ask-if-new' } as const
    expect(resolve(anonymous, ['NEW'], options)).to.deep.equal([403, 'unknown-vehicle'])
    const before = aRegistry([van])
    const { key, value } = encodeMarker({ registryId: 'r', count: 0, acceptsUnknown: true })
    before.apply(key, value)
    const registry = () => before
    expect(resolve(anonymous, ['NEW'], { ...options, registry })).to.deep.equal(['NEW'])
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
        failureDelay: { afterFailure: () => Promise.resolve(void calls.push('delay')) },
      })
      const request = new IncomingMessage(new Socket())
      await access.afterRefusal(request, { kind: 'anonymous', hasToken }, problem)
      expect(calls).to.deep.equal(expected)
    })
  }
})

describe('withoutToken', () => {
  const secret = 'token-of-26-characters-abc'
  const topic = (user: string) => Buffer.from(`{"topic":"owntracks/${user}/phone ä"}`)

  it('replaces the token of the sender in the body, and keeps all other bytes', () => {
    expect(withoutToken(topic(secret), secret)).to.deep.equal(topic('TOKEN'))
    const unusual = 'token-ä-with-20-characters'
    expect(withoutToken(topic(unusual), unusual)).to.deep.equal(topic('TOKEN'))
  })

  it('does not replace a short token, which may occur by chance', () => {
    expect(withoutToken(topic('phone'), 'phone')).to.deep.equal(topic('phone'))
  })
})
