import { join } from 'node:path'
import type { PlatformConfig } from '../../config/config-schema.ts'

/** Names and Dockerfiles of our images. */

/** The name of the vehicle image. Vehicles are not managed by Pulumi. */
export const vehicleImage = 'vehicle'

/** The name of an image, e.g. `av_telemetry/producer:latest`. */
export function imageName({ network }: PlatformConfig, name: string): string {
  return `${network.name}/${name}:latest`
}

/** The Dockerfile of the images with our TypeScript programs. */
export function serviceDockerfile(root: string): string {
  return join(dockerfileFolder(root), 'service.Dockerfile')
}

export function ingressDockerfile(root: string): string {
  return join(dockerfileFolder(root), 'ingress.Dockerfile')
}

export function objectsDockerfile(root: string): string {
  return join(dockerfileFolder(root), 'objects.Dockerfile')
}

export function dockerfileFolder(root: string): string {
  return join(root, 'infra', 'docker', 'images')
}
