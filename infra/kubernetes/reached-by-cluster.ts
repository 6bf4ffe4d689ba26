import type { PlatformConfig } from '../config/config-schema.ts'
import { publicPortOf } from './placement.ts'

/**
 * The configuration as the services of a cluster get it. On a cluster, other machines always reach the ingress, so
 * it is no address of loopback: with `ClusterIP` it is that of its Service, otherwise that of the nodes or of a load
 * balancer.
 */
export function reachedByCluster(config: PlatformConfig): PlatformConfig {
  if (config.kubernetes.service === 'ClusterIP') return addressInCluster(config)
  return { ...config, ingress: { ...config.ingress, hostAddress: '0.0.0.0' } }
}

/** The configuration with the address of the ingress for other pods of the cluster. */
export function addressInCluster(config: PlatformConfig): PlatformConfig {
  const hostAddress = `ingress.${config.kubernetes.namespace}.svc`
  const hostPort = publicPortOf('ingress', config)
  return { ...config, ingress: { ...config.ingress, hostAddress, hostPort } }
}
