import { join } from 'node:path'
import type { PlatformConfig } from '../../config/config-schema.ts'

/** What the images of our own are called and made from. */

/** The user in them: nobody else's number, and no rights. */
export const ourUser = '10001:10001'

/** What the image of the vehicles is called, which come and go without Pulumi. */
export const vehicleImage = 'vehicle'

/** The name of an image, e.g. `av_telemetry/producer:latest`. */
export function imageName({ network }: PlatformConfig, name: string): string {
  return `${network.name}/${name}:latest`
}

/** The recipe of the images that are made from TypeScript of ours. */
export function serviceRecipe(root: string): string {
  return join(recipeFolder(root), 'service.Dockerfile')
}

export function ingressRecipe(root: string): string {
  return join(recipeFolder(root), 'ingress.Dockerfile')
}

export function recipeFolder(root: string): string {
  return join(root, 'infra', 'docker', 'images')
}
