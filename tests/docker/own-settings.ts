import { join } from 'node:path'
import { ownPorts } from '../../scripts/own-ports.ts'

/**
 * Settings that make a platform one of the tests: its name, its ports and its address file are
 * nobody else's, and no vehicles come with it.
 *
 * @param folder for the address file
 */
export async function ownSettings(name: string, folder: string): Promise<string[]> {
  return [
    `network.name=${name}`,
    ...(await ownPorts()),
    `ingress.addressFile=${join(folder, 'address')}`,
    'fleet.numVehicles=0',
  ]
}
