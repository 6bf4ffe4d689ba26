import { unknownPolicyOf } from '../../infra/topology/environment.ts'
import { PostgresDeviceStore } from '../../services/adapters/postgres/devices/device-store.ts'
import type { RunningPlatform } from '../targets/target.ts'

/**
 * What happens to readings of vehicles without a device and without a token (`devices.unknown`). `kept`: they are
 * accepted only because the platform stored readings before it had devices. `token-required`: each request needs a
 * token, because `ingress.tokenFile` is set.
 */
export type UnknownVehicles = 'refuse' | 'ask' | 'accept' | 'kept' | 'token-required'

/** Null if it cannot be read. */
export async function readUnknownVehicles(
  platform: Pick<RunningPlatform, 'config' | 'pool'>,
): Promise<UnknownVehicles | null> {
  const { config } = platform
  if (config.ingress.tokenFile !== '') return 'token-required'
  const policy = unknownPolicyOf(config)
  if (policy !== 'ask-if-new') return policy
  const pool = await platform.pool()
  try {
    const { acceptsUnknown } = await new PostgresDeviceStore(pool).registry()
    return acceptsUnknown ? 'kept' : 'ask'
  } catch {
    return null
  } finally {
    await pool.end()
  }
}

const texts: Readonly<Record<UnknownVehicles, string>> = {
  refuse: 'Vehicles without a device are refused (devices.unknown).',
  ask: 'Vehicles without a device are refused (devices.unknown). npm run devices -- list shows them.',
  accept: 'Vehicles without a device are accepted (devices.unknown).',
  'token-required': 'Each request needs a token (ingress.tokenFile).',
  kept: 'Vehicles without a device are accepted, because this platform stored readings before it had devices. Every machine that reaches the ingress can report as such a vehicle. Set devices.unknown to ask, refuse or accept.',
}

export const describeUnknownVehicles = (of: UnknownVehicles): string => texts[of]
