import type { PlatformConfig } from '../config/config-schema.ts'

export type Address = { readonly host: string; readonly port: number }

/** `host:port`, with an IPv6 address in brackets. */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The loopback address for each wildcard address. */
const anyAddress = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])

export const listensOnAll = (host: string): boolean => anyAddress.has(host)

/** The address at which this machine reaches a service, by the address on which it listens. */
export function reachedAt(listening: string): string {
  return anyAddress.get(listening) ?? listening
}

export type EventsAddressOptions = {
  readonly host?: string | undefined
  readonly kind?: 'processes' | 'containers'
}

/**
 * The URL of the events.
 *
 * @param host default: the name for this machine
 * @param kind what the platform runs in; default: processes
 */
export function eventsAddress(
  config: PlatformConfig,
  { host = ingressName(config), kind = 'processes' }: EventsAddressOptions = {},
): string {
  const { hostPort, path } = config.ingress
  const needsTls = speaksTls(config) && (kind === 'containers' || host !== 'localhost')
  const scheme = needsTls ? 'https' : 'http'
  return `${scheme}://${addressText({ host, port: hostPort })}${path}`
}

/**
 * Whether the ingress requires TLS of other machines. If it runs as a process, programs on this machine may
 * also send plain requests.
 */
export function speaksTls({ ingress: { tls } }: PlatformConfig): boolean {
  return tls.certFile !== '' || tls.selfSigned
}

/**
 * Whether the producer listens at the address of the ingress. A single process needs no ingress in front of it,
 * unless the ingress has to speak TLS.
 */
export function producerIsIngress(
  config: PlatformConfig,
  kind?: 'processes' | 'containers',
): boolean {
  return kind === 'processes' && config.producer.instances === 1 && !speaksTls(config)
}

/** The port on which a producer that is a process of this machine accepts requests. */
export function producerPort(config: PlatformConfig, instance = 0): number {
  return producerIsIngress(config, 'processes')
    ? config.ingress.hostPort
    : config.producer.hostPort + instance
}

/** The host name of the ingress for a user on this machine. */
function ingressName(config: PlatformConfig): string {
  const { host } = ingressAddress(config)
  return ['127.0.0.1', '::1'].includes(host) ? 'localhost' : host
}

/** The address at which programs on this machine reach the ingress, on both targets. */
export function ingressAddress({ ingress }: PlatformConfig): Address {
  return { host: reachedAt(ingress.hostAddress), port: ingress.hostPort }
}

/** Whether Kafka and Postgres also listen for workers on other machines. */
export function isOpenForWorkers({ worker }: PlatformConfig): boolean {
  return worker.hostAddress !== ''
}

/** The address at which workers on other machines reach a broker. */
export function brokerForWorkers({ worker }: PlatformConfig, instance: number): Address {
  return { host: worker.hostAddress, port: worker.kafkaHostPort + instance }
}

/** Whether only this machine reaches the ingress. */
export function listensOnLoopback({ hostAddress }: PlatformConfig['ingress']): boolean {
  return ['127.0.0.1', '::1'].includes(hostAddress)
}

/** The URL of the dashboard; undefined if there is none. */
export function dashboardAddress({ dashboard }: PlatformConfig): string | undefined {
  return dashboard.instances === 0 ? undefined : `http://localhost:${dashboard.hostPort}/`
}
