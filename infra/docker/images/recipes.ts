import { join } from 'node:path'
import type { PlatformConfig } from '../../config/config-schema.ts'

/** Names and recipes of our images. */

/** The user in our images: an unused uid without rights. */
export const ourUser = '10001:10001'

/** The name of the vehicle image. Vehicles are not managed by Pulumi. */
export const vehicleImage = 'vehicle'

/** The name of an image, e.g. `av_telemetry/producer:latest`. */
export function imageName({ network }: PlatformConfig, name: string): string {
  return `${network.name}/${name}:latest`
}

/** The Dockerfile of the images with our TypeScript programs. */
export function serviceRecipe(root: string): string {
  return join(recipeFolder(root), 'service.Dockerfile')
}

export function ingressRecipe(root: string): string {
  return join(recipeFolder(root), 'ingress.Dockerfile')
}

export function recipeFolder(root: string): string {
  return join(root, 'infra', 'docker', 'images')
}
