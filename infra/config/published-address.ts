import { writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { listensOnAll, eventsAddress } from '../topology/addresses.ts'
import type { PlatformConfig } from './config-schema.ts'

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
