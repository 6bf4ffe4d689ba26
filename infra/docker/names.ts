import type { PlatformConfig } from '../config/config-schema.ts'

/** The labels by which containers, volumes and networks of a platform are found. */
export const labels = {
  /** The platform's name: that of its network. */
  platform: 'av-telemetry.platform',
  /** A role of the topology; on containers alone. */
  role: 'av-telemetry.role',
  /** The whole configuration as JSON, on the container that provisions. */
  config: 'av-telemetry.config',
  /** The platform whose vehicle a container is. */
  vehicle: 'av-telemetry.vehicle-of',
  /** The Pulumi stack that a container belongs to. */
  stack: 'av-telemetry.stack',
} as const

/** The name of a container, volume or image of a platform, e.g. `av_telemetry-kafka-0`. */
export function nameOf({ network }: PlatformConfig, name: string): string {
  return `${network.name}-${name}`
}
