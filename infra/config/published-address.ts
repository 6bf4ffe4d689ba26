import { lstatSync, readFileSync, rmSync } from 'node:fs'
import { replaceFile } from '../../services/runtime/process/replace-file.ts'
import { listensOnAll, eventsAddress } from '../topology/addresses.ts'
import { machineAddresses } from '../../services/runtime/process/network/machine-addresses.ts'
import type { Placement } from '../topology/placement.ts'
import type { PlatformConfig } from './config-schema.ts'

/** The address of the events for other machines. If the ingress listens on all addresses, it names this machine's first external one. */
export function networkEventsAddress(config: PlatformConfig): string {
  const { hostAddress } = config.ingress
  if (!listensOnAll(hostAddress)) return eventsAddress(config, { host: hostAddress })
  return eventsAddress(config, { host: machineAddresses()[0] })
}

/**
 * Writes the address of the events to `ingress.addressFile`, for scripts that read it. Other users may be
 * able to write in its folder, so links are not followed and only a regular file is replaced.
 *
 * @returns why it could not be written, e.g. because the file belongs to another user; undefined if it was written
 */
export function writeEventsAddress(
  config: PlatformConfig,
  kind: Placement['kind'],
): string | undefined {
  const { addressFile } = config.ingress
  if (addressFile === '') return undefined
  const failure = (why: string) => `The address could not be written to ${addressFile} (${why}).`
  try {
    const fault = faultOf(addressFile)
    if (fault !== undefined) return failure(fault)
    replaceFile(addressFile, `${eventsAddress(config, { kind })}\n`, 0o644)
    return undefined
  } catch (error) {
    return failure((error as Error).message)
  }
}

/** Removes the file of the address unless it contains another address by now. */
export function removeEventsAddress(config: PlatformConfig, kind: Placement['kind']): void {
  const { addressFile } = config.ingress
  try {
    if (addressFile === '' || faultOf(addressFile) !== undefined) return
    const address = readFileSync(addressFile, 'utf8').trim()
    if (address === eventsAddress(config, { kind })) rmSync(addressFile)
  } catch {
    // The file does not exist or belongs to another user.
  }
}

/** Why the file may not be replaced; undefined if it is a regular file or does not exist. */
function faultOf(file: string): string | undefined {
  const present = lstatSync(file, { throwIfNoEntry: false })
  if (present === undefined || present.isFile()) return undefined
  return present.isSymbolicLink()
    ? 'it is a symbolic link, which is not followed'
    : 'it is not a regular file'
}
