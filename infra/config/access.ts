import {
  eventsAddress,
  isOpenForWorkers,
  listensOnAll,
  listensOnLoopback,
} from '../topology/addresses.ts'
import { unknownPolicyOf } from '../topology/environment.ts'
import type { PlatformConfig } from './config-schema.ts'

/**
 * Where other machines reach the ingress, and whether they need a token: one sentence a line.
 *
 * @param machine the addresses of this machine
 */
export function describeIngressAccess(
  config: PlatformConfig,
  machine: readonly string[],
): string[] {
  const { hostAddress, tokenFile } = config.ingress
  const token =
    tokenFile === ''
      ? unknownTexts[unknownPolicyOf(config)]
      : `A token is required to send: that of a device, or the line in ${tokenFile}.`
  if (listensOnLoopback(config.ingress))
    return ['Other machines cannot reach it (ingress.hostAddress).', token]
  const hosts = listensOnAll(hostAddress) ? machine : [hostAddress]
  return [...hosts.map((host) => `${eventsAddress(config, { host })} for vehicles`), token]
}

const unknownTexts = {
  accept: 'A vehicle without a device needs no token to send (devices.unknown).',
  ask: 'A vehicle without a device is refused until you add it (devices.unknown).',
  refuse: 'A vehicle without a token is refused (devices.unknown).',
  'ask-if-new':
    'A vehicle without a device is refused until you add it (devices.unknown). Exception: a platform that stored readings before it had devices accepts it.',
} as const

/** The same for the dashboard; empty if there is none. */
export function describeDashboardAccess(
  config: PlatformConfig,
  machine: readonly string[],
): string[] {
  const { instances, public: isPublic, tokenFile, hostPort } = config.dashboard
  if (instances === 0) return []
  const addresses = isPublic
    ? machine.map((host) => `http://${host}:${hostPort}/ for other machines`)
    : ['Other machines cannot reach it (dashboard.public).']
  const token =
    tokenFile === ''
      ? 'No token is required to read (dashboard.tokenFile).'
      : `A token is required to read: the line in ${tokenFile}.`
  return [...addresses, token]
}

/** Where Kafka and Postgres listen for workers on other machines; empty if they do not. */
export function describeWorkerAccess(config: PlatformConfig): string[] {
  if (!isOpenForWorkers(config)) return []
  const { hostAddress } = config.worker
  return [
    `Kafka and Postgres also listen on ${hostAddress}, with passwords and without encryption (worker.hostAddress).`,
  ]
}

/**
 * Settings with which others can read all positions, and what to change.
 *
 * @param readers who can read them, as the subject after "Every"
 */
export function accessWarnings(
  { dashboard }: PlatformConfig,
  readers = 'machine that reaches this one',
): string[] {
  if (dashboard.instances === 0 || !dashboard.public || dashboard.tokenFile !== '') return []
  return [
    `Warning: dashboard.public is true and dashboard.tokenFile is empty. Every ${readers} can read the positions of all vehicles. Set dashboard.tokenFile to a file with a token.`,
  ]
}
