import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { makePath } from '../../../services/runtime/process/make-path.mjs'
import { builtPrograms, debianPrograms } from '../../setup/kubernetes.mjs'
import type { Ports } from './addresses.ts'
import { folder, nodeAddress, nodeName, podRange, serviceRange } from './addresses.ts'
import { certificateFile as file } from './certificates.ts'
import { settingsFiles } from './settings.ts'

export const logFolder = join(folder, 'logs')

const built = (name: string): string => join(builtPrograms, name)
/** For programs that start others: containerd starts its shim, kubelet calls `mount`. */
const path = [
  ...['bin', 'sbin'].map((name) => join(debianPrograms, name)),
  process.env['PATH'] ?? '',
].join(':')

/** Starts a server that continues when this process ends. */
function startServer(program: string, options: Readonly<Record<string, string>>): void {
  makePath(logFolder)
  const log = openSync(join(logFolder, `${program.split('/').at(-1) ?? ''}.log`), 'a')
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  spawn(program, args, {
    env: { ...process.env, PATH: path },
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
  }).unref()
  closeSync(log)
}

export function startEtcd({ etcd, etcdPeers }: Ports): void {
  const clients = `https://127.0.0.1:${etcd}`
  const peers = `http://127.0.0.1:${etcdPeers}`
  startServer(join(debianPrograms, 'bin', 'etcd'), {
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': clients,
    'advertise-client-urls': clients,
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `default=${peers}`,
    'client-cert-auth': 'true',
    'trusted-ca-file': file('ca.crt'),
    'cert-file': file('etcd.crt'),
    'key-file': file('etcd.key'),
  })
}

export function startApiServer({ api, etcd }: Ports): void {
  startServer(built('kube-apiserver'), {
    'etcd-servers': `https://127.0.0.1:${etcd}`,
    'etcd-cafile': file('ca.crt'),
    'etcd-certfile': file('etcd.crt'),
    'etcd-keyfile': file('etcd.key'),
    'secure-port': String(api),
    'bind-address': nodeAddress,
    'advertise-address': nodeAddress,
    'client-ca-file': file('ca.crt'),
    'tls-cert-file': file('apiserver.crt'),
    'tls-private-key-file': file('apiserver.key'),
    'service-account-key-file': file('service-accounts.key'),
    'service-account-signing-key-file': file('service-accounts.key'),
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-cluster-ip-range': serviceRange,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': 'true',
    'kubelet-client-certificate': file('admin.crt'),
    'kubelet-client-key': file('admin.key'),
    'kubelet-certificate-authority': file('ca.crt'),
    'kubelet-preferred-address-types': 'InternalIP',
    'endpoint-reconciler-type': 'master-count',
  })
}

export function startControllers({ controllers, scheduler }: Ports): void {
  startServer(built('kube-controller-manager'), {
    kubeconfig: settingsFiles.kubeconfig('controllers'),
    'service-account-private-key-file': file('service-accounts.key'),
    'root-ca-file': file('ca.crt'),
    'cluster-cidr': podRange,
    'use-service-account-credentials': 'true',
    'bind-address': '127.0.0.1',
    'secure-port': String(controllers),
    'leader-elect': 'false',
  })
  startServer(built('kube-scheduler'), {
    kubeconfig: settingsFiles.kubeconfig('scheduler'),
    'bind-address': '127.0.0.1',
    'secure-port': String(scheduler),
    'leader-elect': 'false',
  })
}

export function startContainerd(): void {
  startServer(join(debianPrograms, 'bin', 'containerd'), { config: settingsFiles.containerd })
}

/** Kubelet runs the pods, and kube-proxy the addresses of Services. */
export function startNode(): void {
  startServer(built('kubelet'), {
    config: settingsFiles.kubelet,
    kubeconfig: settingsFiles.kubeconfig('kubelet'),
    'root-dir': join(folder, 'kubelet'),
    'cert-dir': join(folder, 'kubelet-certificates'),
    'hostname-override': nodeName,
    'node-ip': nodeAddress,
  })
  startServer(built('kube-proxy'), { config: settingsFiles.proxy })
}
