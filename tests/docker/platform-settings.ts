import { join } from 'node:path'
import { scratchPorts } from '../../scripts/ports/scratch-ports.ts'

/**
 * Settings of a test platform: a separate name, ports and address file, and no vehicles.
 *
 * @param folder for the address file
 */
export async function platformSettings(name: string, folder: string): Promise<string[]> {
  return [
    `network.name=${name}`,
    ...(await scratchPorts()),
    `ingress.addressFile=${join(folder, 'address')}`,
    'fleet.numVehicles=0',
    'devices.unknown=accept',
  ]
}
