import { writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { Address } from './address.ts'
import { inText, listensOnAll, reachedAt } from './address.ts'
import type { PlatformConfig } from './config-schema.ts'

/** Where the counter is, from this machine or by the name of a host. */
export function eventsAddress(config: PlatformConfig, host = ingressName(config)): string {
  const { hostPort, path } = config.ingress
  return `http://${inText({ host, port: hostPort })}${path}`
}

/** What a person on this machine calls the host of the ingress. */
function ingressName(config: PlatformConfig): string {
  const { host } = ingressAddress(config)
  return ['127.0.0.1', '::1'].includes(host) ? 'localhost' : host
}

/** Where programs on this machine reach the ingress, on either target. */
export function ingressAddress({ ingress }: PlatformConfig): Address {
  return { host: reachedAt(ingress.hostAddress), port: ingress.hostPort }
}

/** Where the dashboard is, if there is one. */
export function dashboardAddress({ dashboard }: PlatformConfig): string | undefined {
  return dashboard.instances === 0 ? undefined : `http://localhost:${dashboard.hostPort}/`
}

/** The counter's address for other machines: by the machine's first outward address, where the ingress listens on all. */
export function networkEventsAddress(config: PlatformConfig): string {
  const { hostAddress } = config.ingress
  if (!listensOnAll(hostAddress)) return eventsAddress(config, hostAddress)
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const outward = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)
  return eventsAddress(config, outward?.address)
}

/**
 * Writes the address down for scripts that look it up. A file that belongs to somebody else is left alone.
 *
 * @returns why it could not be written, if so
 */
export function writeEventsAddress(config: PlatformConfig): string | undefined {
  const { addressFile } = config.ingress
  if (addressFile === '') return undefined
  try {
    writeFileSync(addressFile, `${eventsAddress(config)}\n`)
    return undefined
  } catch (error) {
    return `The address could not be written to ${addressFile}: ${(error as Error).message}.`
  }
}
