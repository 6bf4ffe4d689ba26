import type { IncomingMessage } from 'node:http'
import type { Problem } from '../../adapters/http/problem.ts'
import type { FailedTokens } from '../../adapters/http/tokens/failed-tokens.ts'
import type { FailureDelay } from '../../adapters/http/tokens/failure-delay.ts'
import { hashOfToken } from '../../devices/device-token.ts'
import type { Device } from '../../telemetry/devices/device.ts'
import type { DeviceRegistry } from '../../telemetry/devices/device-registry.ts'
import type { VehicleRefusal } from './access-problems.ts'
import * as problems from './access-problems.ts'
import type { Credentials } from './tokens-of-request.ts'

/**
 * What happens to readings of vehicles that are not in the registry, without a token. `ask-if-new`: `accept` if the
 * platform had readings before it had devices, otherwise `ask`.
 */
export const unknownPolicies = ['refuse', 'ask', 'accept', 'ask-if-new'] as const
export type UnknownPolicy = (typeof unknownPolicies)[number]

/**
 * Who sends a request. `platform`: it has a token of the platform, and may report as any vehicle. `device`: it has
 * the token of this device. `anonymous`: it has no valid token; `hasToken` if it has another text as a token.
 */
export type Caller =
  AuthenticatedCaller | { readonly kind: 'anonymous'; readonly hasToken: boolean }

type AuthenticatedCaller =
  | { readonly kind: 'platform'; readonly token: string }
  | {
      readonly kind: 'device'
      readonly token: string
      readonly tokenHash: string
      readonly vin: string
    }

export type Admission =
  | { readonly kind: 'admitted'; readonly caller: Caller }
  | { readonly kind: 'token-refused' }
  | { readonly kind: 'refused'; readonly problem: Problem }

export type AccessOptions = {
  /** Tokens with which a request may report as any vehicle. */
  readonly platformTokens: readonly string[]
  /** Whether the configuration names a token that each request must have. */
  readonly isTokenRequired: boolean
  readonly unknown: UnknownPolicy
  /** Undefined until it was read completely. */
  readonly registry: () => DeviceRegistry | undefined
  readonly failedTokens: Pick<FailedTokens, 'note'>
  readonly failureDelay: Pick<FailureDelay, 'afterFailure'>
  readonly onRefused: (why: VehicleRefusal) => void
  /** Called for each vehicle without a device that was refused with `ask`. */
  readonly onWaiting: (id: string) => void
}

/** The vin of each id, in the same order; undefined for a message that names no vehicle. */
export type Resolution =
  | { readonly kind: 'allowed'; readonly vins: readonly (string | undefined)[] }
  | { readonly kind: 'refused'; readonly problem: Problem }

/** Decides who may report as which vehicle. */
export class Access {
  readonly #options: AccessOptions
  readonly #platformHashes: ReadonlySet<string>

  constructor(options: AccessOptions) {
    this.#options = options
    this.#platformHashes = new Set(options.platformTokens.map(hashOfToken))
  }

  /** Decides whether to read the body of a request. */
  admit(request: IncomingMessage, credentials: Credentials): Admission {
    const devices = this.#options.registry()
    if (devices === undefined) return refused(problems.devicesNotRead)
    const [caller, other] = this.#callersWith(credentials, devices)
    if (other) return refused(problems.severalTokens)
    if (caller) return { kind: 'admitted', caller }
    const { isTokenRequired, failedTokens } = this.#options
    const unknown = this.#policyOf(devices)
    const hasToken = credentials.tokens.some((token) => token !== '')
    // A vehicle that asks sends no token yet. A wrong token is a mistake, or a guess.
    const isAdmitted = unknown === 'ask' ? !hasToken : unknown === 'accept'
    if (isAdmitted && !isTokenRequired)
      return { kind: 'admitted', caller: { kind: 'anonymous', hasToken } }
    failedTokens.note(request, hasToken ? 'wrong' : 'missing')
    return { kind: 'token-refused' }
  }

  /** Resolves when a request with `token-refused` may be answered. A client that sends many of them waits. */
  afterFailure(request: IncomingMessage): Promise<void> {
    return this.#options.failureDelay.afterFailure(request)
  }

  /**
   * Counts and delays the refusal of a vehicle whose device has a token, if the request has a wrong one. Resolves when
   * the request may be answered.
   */
  async afterRefusal(request: IncomingMessage, caller: Caller, problem: Problem): Promise<void> {
    if (problem !== problems.vehicleRefused['token-required']) return
    if (caller.kind !== 'anonymous' || !caller.hasToken) return
    this.#options.failedTokens.note(request, 'wrong')
    await this.afterFailure(request)
  }

  /** The callers of the valid tokens in the request. Invalid tokens are ignored: they may be the password for a proxy. */
  #callersWith({ tokens, user }: Credentials, devices: DeviceRegistry): AuthenticatedCaller[] {
    const callers: AuthenticatedCaller[] = []
    for (const token of user === undefined ? tokens : [...tokens, user]) {
      const caller = this.#callerOf(token, devices)
      if (caller && !callers.some((known) => isSame(known, caller))) callers.push(caller)
    }
    return callers
  }

  #callerOf(token: string, devices: DeviceRegistry): AuthenticatedCaller | undefined {
    // Hashes of random tokens: how long a comparison takes reveals nothing about the token.
    const tokenHash = hashOfToken(token)
    if (this.#platformHashes.has(tokenHash)) return { kind: 'platform', token }
    const vin = devices.findByToken(tokenHash)?.vin
    return vin === undefined ? undefined : { kind: 'device', token, tokenHash, vin }
  }

  /**
   * Decides whether the caller may report under these ids: vins or aliases. The registry may have changed since the
   * request was admitted.
   */
  resolve(caller: Caller, ids: readonly (string | undefined)[]): Resolution {
    const { registry, onRefused } = this.#options
    const devices = registry()
    if (devices === undefined) return refused(problems.devicesNotRead)
    const own = caller.kind === 'device' ? devices.findByToken(caller.tokenHash) : undefined
    const vins: (string | undefined)[] = []
    const policy = this.#policyOf(devices)
    for (const id of ids) {
      const device = id === undefined ? own : devices.find(id)
      const why = whyNot(caller, own, { id, device, policy })
      if (why !== undefined) {
        onRefused(why)
        if (why === 'unknown-vehicle' && id !== undefined) this.#options.onWaiting(id)
        return refused(problems.vehicleRefused[why])
      }
      vins.push(device?.vin ?? id)
    }
    return { kind: 'allowed', vins }
  }

  #policyOf({ marker }: DeviceRegistry): Exclude<UnknownPolicy, 'ask-if-new'> {
    const { unknown } = this.#options
    if (unknown !== 'ask-if-new') return unknown
    return marker?.acceptsUnknown === true ? 'accept' : 'ask'
  }
}

function isSame(a: AuthenticatedCaller, b: AuthenticatedCaller): boolean {
  return a.kind === 'device' && b.kind === 'device' ? a.vin === b.vin : a.kind === b.kind
}

type Target = {
  readonly id: string | undefined
  readonly device: Device | undefined
  readonly policy: UnknownPolicy
}

/** @param own the device of the caller's token, if it is still valid */
function whyNot(
  caller: Caller,
  own: Device | undefined,
  { id, device, policy }: Target,
): VehicleRefusal | undefined {
  switch (caller.kind) {
    case 'platform':
      return undefined
    case 'device':
      if (own === undefined) return 'token-required'
      return id === undefined || device === own ? undefined : 'other-vehicle'
    case 'anonymous':
      if (device !== undefined) return 'token-required'
      return policy === 'accept' ? undefined : 'unknown-vehicle'
    default:
      return caller satisfies never
  }
}

function refused(problem: Problem): { readonly kind: 'refused'; readonly problem: Problem } {
  return { kind: 'refused', problem }
}
