import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianPrograms } from '../../setup/kubernetes.mjs'
import type { Ports } from './addresses.ts'
import {
  adminConfig,
  containerdSocket,
  dnsAddress,
  folder,
  nodeAddress,
  nodeName,
  podRange,
} from './addresses.ts'
import { certificateFile } from './certificates.ts'

export const podNetwork = 'av-telemetry-test'
export const pauseImage = 'docker.io/av-telemetry-test/pause:1'

/** The paths of the files that `writeSettings` writes. JSON is also YAML. */
export const settingsFiles = {
  containerd: join(folder, 'containerd.toml'),
  kubelet: join(folder, 'kubelet.json'),
  proxy: join(folder, 'proxy.json'),
  kubeconfig: (user: string) =>
    user === 'admin' ? adminConfig : join(folder, `${user}.kubeconfig`),
}

/** Writes the configuration of each server, and the users of the API. */
export function writeSettings(ports: Ports): void {
  writeFileSync(settingsFiles.containerd, containerdSettings)
  const networks = join(folder, 'cni')
  mkdirSync(networks)
  writeJson(join(networks, 'pods.conflist'), networkSettings)
  // Pods ask the name server of the cluster. It knows no names of other networks.
  writeFileSync(join(folder, 'resolv.conf'), '')
  writeJson(settingsFiles.kubelet, kubeletSettings(ports))
  writeJson(settingsFiles.proxy, proxySettings(ports))
  for (const user of ['admin', 'kubelet', 'controllers', 'scheduler', 'proxy']) {
    writeJson(settingsFiles.kubeconfig(user), kubeconfig(user, ports))
  }
}

function writeJson(file: string, content: object): void {
  writeFileSync(file, JSON.stringify(content, null, 2), { mode: 0o600 })
}

/** In a container without all privileges, `oom_score_adj` cannot be lowered. */
const containerdSettings = `version = 2
root = "${folder}/containerd"
state = "${folder}/containerd-state"
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${debianPrograms}/lib/cni"
    conf_dir = "${folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "${debianPrograms}/sbin/runc"
      SystemdCgroup = false
`

/** Each pod has a link to the node, which routes. No bridge has to be filtered. */
const networkSettings = {
  cniVersion: '0.4.0',
  name: podNetwork,
  plugins: [
    {
      type: 'ptp',
      ipMasq: false,
      ipam: {
        type: 'host-local',
        dataDir: join(folder, 'pod-addresses'),
        ranges: [[{ subnet: podRange }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
}

const kubeletSettings = (ports: Ports) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: nodeAddress,
  port: ports.kubelet,
  healthzBindAddress: '127.0.0.1',
  healthzPort: ports.kubeletHealth,
  readOnlyPort: 0,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: certificateFile('ca.crt') },
  },
  authorization: { mode: 'Webhook' },
  tlsCertFile: certificateFile('kubelet.crt'),
  tlsPrivateKeyFile: certificateFile('kubelet.key'),
  containerRuntimeEndpoint: `unix://${containerdSocket}`,
  cgroupDriver: 'cgroupfs',
  failCgroupV1: false,
  failSwapOn: false,
  clusterDNS: [dnsAddress],
  clusterDomain: 'cluster.local',
  resolvConf: join(folder, 'resolv.conf'),
  podLogsDir: join(folder, 'pod-logs'),
  volumePluginDir: join(folder, 'volume-plugins'),
  // A full disk of the machine must not stop the tests.
  imageMinimumGCAge: '100h',
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '1%',
    'imagefs.available': '1%',
  },
})

const proxySettings = (ports: Ports) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'iptables',
  clientConnection: { kubeconfig: settingsFiles.kubeconfig('proxy') },
  clusterCIDR: podRange,
  hostnameOverride: nodeName,
  healthzBindAddress: `127.0.0.1:${ports.proxyHealth}`,
  metricsBindAddress: `127.0.0.1:${ports.proxyMetrics}`,
  // Limits of the whole machine stay as they are.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  nodePortAddresses: [`${nodeAddress}/32`],
})

const kubeconfig = (user: string, { api }: Ports) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    {
      name: podNetwork,
      cluster: {
        server: `https://${nodeAddress}:${api}`,
        'certificate-authority': certificateFile('ca.crt'),
      },
    },
  ],
  users: [
    {
      name: user,
      user: {
        'client-certificate': certificateFile(`${user}.crt`),
        'client-key': certificateFile(`${user}.key`),
      },
    },
  ],
  contexts: [{ name: podNetwork, context: { cluster: podNetwork, user } }],
  'current-context': podNetwork,
})
