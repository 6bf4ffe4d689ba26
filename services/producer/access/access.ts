import type { IncomingMessage } from 'node:http'
import type { Problem } from '../../adapters/http/problem.ts'
import { equalsSecret } from '../../adapters/http/tokens/bearer-token.ts'
import type { FailedTokens } from '../../adapters/http/tokens/failed-tokens.ts'
import { hashOfToken } from '../../devices/device-token.ts'
import type { Device } from '../../telemetry/devices/device.ts'
import type { DeviceRegistry } from '../../telemetry/devices/device-registry.ts'
import type { VehicleRefusal } from './access-problems.ts'
import * as problems from './access-problems.ts'
import type { Credentials } from './tokens-of-request.ts'

/** What happens to readings of vehicles that are not in the registry, without a token. */
export const unknownPolicies = ['refuse', 'ask', 'accept'] as const
export type UnknownPolicy = (typeof unknownPolicies)[number]

/**
 * Who sends a request. `platform`: it has a token of the platform, and may report as any vehicle. `device`: it has
 * the token of this device. `anonymous`: it has no valid token.
 */
export type Caller =
  | { readonly kind: 'platform'; readonly token: string }
  | {
      readonly kind: 'device'
      readonly token: string
      readonly tokenHash: string
      readonly vin: string
    }
  | { readonly kind: 'anonymous' }

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
  readonly onRefused: (why: VehicleRefusal) => void
}

/** The vin of each id, in the same order; undefined for a message that names no vehicle. */
export type Resolution =
  | { readonly kind: 'allowed'; readonly vins: readonly (string | undefined)[] }
  | { readonly kind: 'refused'; readonly problem: Problem }

/** Decides who may report as which vehicle. */
export class Access {
  readonly #options: AccessOptions

  constructor(options: AccessOptions) {
    this.#options = options
  }

  /** Decides whether to read the body of a request. */
  admit(request: IncomingMessage, credentials: Credentials): Admission {
    const devices = this.#options.registry()
    if (devices === undefined) return refused(problems.devicesNotRead)
    const caller = this.#callerWith(credentials, devices)
    if (caller) return { kind: 'admitted', caller }
    const { isTokenRequired, unknown, failedTokens } = this.#options
    const hasToken = credentials.tokens.length > 0
    // A vehicle that asks sends no token yet. A wrong token is a mistake, or a guess.
    if (unknown === 'ask' ? !hasToken : unknown === 'accept' && !isTokenRequired)
      return { kind: 'admitted', caller: { kind: 'anonymous' } }
    failedTokens.note(request, hasToken ? 'wrong' : 'missing')
    return { kind: 'token-refused' }
  }

  #callerWith({ tokens, user }: Credentials, devices: DeviceRegistry): Caller | undefined {
    for (const token of user === undefined ? tokens : [...tokens, user]) {
      if (this.#options.platformTokens.some((secret) => equalsSecret(token, secret)))
        return { kind: 'platform', token }
      const tokenHash = hashOfToken(token)
      const vin = devices.findByToken(tokenHash)?.vin
      if (vin !== undefined) return { kind: 'device', token, tokenHash, vin }
    }
    return undefined
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
    for (const id of ids) {
      const device = id === undefined ? own : devices.find(id)
      const why = this.#whyNot(caller, own, { id, device })
      if (why !== undefined) {
        onRefused(why)
        return refused(problems.vehicleRefused[why])
      }
      vins.push(device?.vin ?? id)
    }
    return { kind: 'allowed', vins }
  }

  /** @param own the device of the caller's token, if it is still valid */
  #whyNot(
    caller: Caller,
    own: Device | undefined,
    { id, device }: Target,
  ): VehicleRefusal | undefined {
    switch (caller.kind) {
      case 'platform':
        return undefined
      case 'device':
        if (own === undefined) return 'token-required'
        return id === undefined || device === own ? undefined : 'other-vehicle'
      case 'anonymous':
        if (device !== undefined) return 'token-required'
        return this.#options.unknown === 'ask' ? 'unknown-vehicle' : undefined
      default:
        return caller satisfies never
    }
  }
}

type Target = { readonly id: string | undefined; readonly device: Device | undefined }

function refused(problem: Problem): { readonly kind: 'refused'; readonly problem: Problem } {
  return { kind: 'refused', problem }
}
