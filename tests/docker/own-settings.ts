import { join } from 'node:path'
import { scratchPorts } from '../../scripts/platform/scratch-ports.ts'

/**
 * Settings that make a platform one of the tests: its name, its ports and its address file are
 * nobody else's, and no vehicles come with it.
 *
 * @param folder for the address file
 */
export async function ownSettings(name: string, folder: string): Promise<string[]> {
  return [
    `network.name=${name}`,
    ...(await scratchPorts()),
    `ingress.addressFile=${join(folder, 'address')}`,
    'fleet.numVehicles=0',
  ]
}
