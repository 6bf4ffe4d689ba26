import type { PlatformConfig } from '../config/config-schema.ts'

/** Labels of the containers, volumes and networks of a platform. */
export const labels = {
  /** The platform's name, which is the name of its network. */
  platform: 'av-telemetry.platform',
  /** A role of the topology; only on containers. */
  role: 'av-telemetry.role',
  /** The whole configuration as JSON, on the consumers. */
  config: 'av-telemetry.config',
  /** On images that were built for a platform. Containers inherit it. */
  image: 'av-telemetry.image-of',
  /** On vehicle containers: the platform to which they report. */
  vehicle: 'av-telemetry.vehicle-of',
  /** The Pulumi stack of a container. */
  stack: 'av-telemetry.stack',
} as const

/** The name of a container, volume or image of a platform, e.g. `av_telemetry-kafka-0`. */
export function nameOf({ network }: PlatformConfig, name: string): string {
  return `${network.name}-${name}`
}
