import { writeFileSync } from 'node:fs'
import { listensOnAll, eventsAddress } from '../topology/addresses.ts'
import { machineAddresses } from './access.ts'
import type { PlatformConfig } from './config-schema.ts'

/** The address of the events for other machines. If the ingress listens on all addresses, it names this machine's first external one. */
export function networkEventsAddress(config: PlatformConfig): string {
  const { hostAddress } = config.ingress
  if (!listensOnAll(hostAddress)) return eventsAddress(config, hostAddress)
  return eventsAddress(config, machineAddresses()[0])
}

/**
 * Writes the address of the events to `ingress.addressFile`, for scripts that read it.
 *
 * @returns why it could not be written, e.g. because the file belongs to another user; undefined if it was written
 */
export function writeEventsAddress(config: PlatformConfig): string | undefined {
  const { addressFile } = config.ingress
  if (addressFile === '') return undefined
  try {
    writeFileSync(addressFile, `${eventsAddress(config)}\n`)
    return undefined
  } catch (error) {
    return `The address could not be written to ${addressFile} (${(error as Error).message}).`
  }
}
