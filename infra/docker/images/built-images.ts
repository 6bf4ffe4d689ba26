import type { PlatformConfig } from '../../config/config-schema.ts'
import { roleNames, roles } from '../../topology/role-registry.ts'
import { docker } from '../engine/engine.ts'
import { labels } from '../names.ts'
import { imageName, vehicleImage } from './dockerfiles.ts'

const ofServices = roleNames.filter((role) => roles[role].image.isBuilt && !roles[role].isClient)
const built = [...ofServices, vehicleImage]

/**
 * Removes the images that were built for a platform, also older ones whose names newer images have taken
 * over. Returns how many there were.
 */
export async function removeImages(config: PlatformConfig): Promise<number> {
  const names = built.map((name) => imageName(config, name))
  const references = names.flatMap((name) => ['--filter', `reference=${name}`])
  const named = await list(...references, '--format', '{{.Repository}}:{{.Tag}}')
  if (named.length > 0) await docker('image', 'rm', ...named)
  const label = `label=${labels.image}=${config.network.name}`
  const untagged = await list('--filter', 'dangling=true', '--filter', label, '--quiet')
  if (untagged.length > 0) await docker('image', 'rm', ...untagged)
  return named.length + untagged.length
}

async function list(...args: readonly string[]): Promise<string[]> {
  const lines = (await docker('images', ...args)).split('\n').filter((line) => line !== '')
  return [...new Set(lines)]
}
