import type { PlatformConfig } from '../../config/config-schema.ts'
import { roleNames, roles } from '../../topology/role-registry.ts'
import { docker } from '../engine/engine.ts'
import { imageName, vehicleImage } from './dockerfiles.ts'

const ofServices = roleNames.filter((role) => roles[role].image.isBuilt && !roles[role].isClient)
const built = [...ofServices, vehicleImage]

/** Removes the images that were built for a platform. Returns how many there were. */
export async function removeImages(config: PlatformConfig): Promise<number> {
  const names = built.map((name) => imageName(config, name))
  const filters = names.flatMap((name) => ['--filter', `reference=${name}`])
  const present = await docker('images', ...filters, '--format', '{{.Repository}}:{{.Tag}}')
  const found = present.split('\n').filter((name) => name !== '')
  if (found.length > 0) await docker('image', 'rm', ...found)
  return found.length
}
