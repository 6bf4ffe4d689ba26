import type { IncomingMessage } from 'node:http'
import type { Problem } from '../../adapters/http/problem.ts'
import type { FailedTokens } from '../../adapters/http/tokens/failed-tokens.ts'
import type { FailureDelay } from '../../adapters/http/tokens/failure-delay.ts'
import type { Device } from '../../telemetry/devices/device.ts'
import type { DeviceRegistry } from '../../telemetry/devices/device-registry.ts'
import type { VehicleRefusal } from './access-problems.ts'
import * as problems from './access-problems.ts'
import type { AuthenticatedCaller } from './authenticated-caller.ts'
import { deviceOf, TokenCallers } from './authenticated-caller.ts'
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

export type Admission =
  | { readonly kind: 'admitted'; readonly caller: Caller }
  | { readonly kind: 'token-refused' }
  | { readonly kind: 'refused'; readonly problem: Problem }

export type AccessOptions = {
  /** Tokens with which a request may report as any vehicle. */
  readonly tokensForAllVehicles: readonly string[]
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

type RefusedId = { readonly why: VehicleRefusal; readonly id: string | undefined }

/** Decides who may report as which vehicle. */
export class Access {
  readonly #options: AccessOptions
  readonly #callers: TokenCallers

  constructor(options: AccessOptions) {
    this.#options = options
    this.#callers = new TokenCallers(options.tokensForAllVehicles)
  }

  /** Decides whether to read the body of a request. */
  admit(request: IncomingMessage, credentials: Credentials): Admission {
    const admission = this.#decide(credentials)
    if (admission.kind === 'token-refused')
      this.#options.failedTokens.note(request, hasToken(credentials) ? 'wrong' : 'missing')
    return admission
  }

  /** The caller of a request if it is admitted. Counts nothing. */
  callerOf(credentials: Credentials): Caller | undefined {
    const admission = this.#decide(credentials)
    return admission.kind === 'admitted' ? admission.caller : undefined
  }

  #decide(credentials: Credentials): Admission {
    const devices = this.#options.registry()
    if (devices === undefined) return refused(problems.devicesNotRead)
    const [caller, other] = this.#callersWith(credentials, devices)
    if (other) return refused(problems.severalTokens)
    if (caller) return { kind: 'admitted', caller }
    const unknown = this.#policyOf(devices)
    const withToken = hasToken(credentials)
    // A vehicle that asks sends no token yet. A wrong token is a mistake, or a guess.
    const isAdmitted = unknown === 'ask' ? !withToken : unknown === 'accept'
    return isAdmitted && !this.#options.isTokenRequired
      ? { kind: 'admitted', caller: { kind: 'anonymous', hasToken: withToken } }
      : { kind: 'token-refused' }
  }

  /**
   * Resolves with the answer when a request with `token-refused` may be answered. A client that sends many of them
   * waits.
   */
  async afterFailure(request: IncomingMessage, problem: Problem): Promise<Problem> {
    return (await this.#options.failureDelay.afterFailure(request)) ?? problem
  }

  /**
   * Counts and delays the refusal of a vehicle whose device has a token, if the request has a wrong one. Resolves with
   * the answer when the request may be answered.
   */
  async afterRefusal(request: IncomingMessage, caller: Caller, problem: Problem): Promise<Problem> {
    if (problem !== problems.vehicleRefused['token-required']) return problem
    if (caller.kind !== 'anonymous' || !caller.hasToken) return problem
    this.#options.failedTokens.note(request, 'wrong')
    return this.afterFailure(request, problem)
  }

  /** The callers of the valid tokens in the request. Invalid tokens are ignored: they may be the password for a proxy. */
  #callersWith({ tokens, user }: Credentials, devices: DeviceRegistry): AuthenticatedCaller[] {
    const callers: AuthenticatedCaller[] = []
    for (const token of user === undefined ? tokens : [...tokens, user]) {
      const caller = this.#callers.find(token, devices)
      if (caller && !callers.some((known) => isSame(known, caller))) callers.push(caller)
    }
    return callers
  }

  /**
   * Decides whether the caller may report under these ids: vins or aliases. The registry may have changed since the
   * request was admitted.
   */
  resolve(caller: Caller, ids: readonly (string | undefined)[]): Resolution {
    const resolution = this.#resolve(caller, ids)
    if (!('why' in resolution)) return resolution
    const { why, id } = resolution
    this.#options.onRefused(why)
    if (why === 'unknown-vehicle' && id !== undefined) this.#options.onWaiting(id)
    return refused(problems.vehicleRefused[why])
  }

  /** The vins that `resolve` returns; undefined if the caller may not report under one of the ids. Counts nothing. */
  vinsOf(caller: Caller, ids: readonly string[]): readonly (string | undefined)[] | undefined {
    const resolution = this.#resolve(caller, ids)
    return 'vins' in resolution ? resolution.vins : undefined
  }

  #resolve(caller: Caller, ids: readonly (string | undefined)[]): Resolution | RefusedId {
    const devices = this.#options.registry()
    if (devices === undefined) return refused(problems.devicesNotRead)
    const own = caller.kind === 'device' ? deviceOf(caller, devices) : undefined
    const vins: (string | undefined)[] = []
    const policy = this.#policyOf(devices)
    // Most messages name the vehicle of their token.
    const deviceWith = (id: string | undefined): Device | undefined =>
      id === undefined || id === own?.vin ? own : devices.find(id)
    for (const id of ids) {
      const device = deviceWith(id)
      const why = whyNot(caller, own, { id, device, policy })
      if (why !== undefined) return { why, id }
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

/** Whether the request has a text that is sent as a token, right or wrong. */
function hasToken({ tokens }: Credentials): boolean {
  return tokens.some((token) => token !== '')
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
