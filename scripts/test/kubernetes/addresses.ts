import { join } from 'node:path'
import { sharedHome } from '../../../infra/local/folders.ts'
import { freeRun } from '../../ports/scratch-ports.ts'

/** Everything of the cluster is below this folder. A machine can have only one such cluster. */
export const folder = join(sharedHome, 'test-cluster')

export const nodeName = 'node-0'
/** A bridge without ports, because not every kernel has the type `dummy`. It has the address of the node. */
export const nodeLink = 'avt-node'
export const nodeAddress = '10.214.0.1'
/** The addresses of pods and of Services. Both are part of `allAddresses`. */
export const podRange = '10.214.64.0/18'
export const serviceRange = '10.214.128.0/17'
export const allAddresses = '10.214.0.0/16'
export const firstServiceAddress = '10.214.128.1'
export const dnsAddress = '10.214.128.10'

/** The socket of containerd. */
export const containerdSocket = join(folder, 'containerd.sock')
/** The configuration of kubectl for the administrator of the cluster. */
export const adminConfig = join(folder, 'admin.kubeconfig')

/** In the order of the ports. */
const portNames = [
  ...(['api', 'kubelet', 'etcd', 'etcdPeers', 'controllers', 'scheduler'] as const),
  ...(['kubeletHealth', 'proxyHealth', 'proxyMetrics'] as const),
] as const
export type Ports = Readonly<Record<(typeof portNames)[number], number>>

/** Free ports of this machine. */
export async function clusterPorts(): Promise<Ports> {
  const first = await freeRun(portNames.length)
  return Object.fromEntries(portNames.map((name, index) => [name, first + index])) as Ports
}
