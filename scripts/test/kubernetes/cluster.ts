import { execFile } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { UserError } from '../../../infra/checks/user-error.ts'
import { releaseLock, takeLock } from '../../../services/runtime/process/lock.mjs'
import { makePath } from '../../../services/runtime/process/make-path.mjs'
import { sleep } from '../../../services/runtime/retry.ts'
import { builtPrograms, debianPrograms } from '../../setup/kubernetes.mjs'
import { adminConfig, clusterPorts, containerdSocket, folder } from './addresses.ts'
import { makeCertificates } from './certificates.ts'
import {
  hasChainsOfKubernetes,
  makeNetwork,
  recordKernelParameters,
  removeControlGroups,
  removeNetwork,
  removeNetworkRecords,
  restoreKernelParameters,
  unmountAll,
} from './machine.ts'
import { clusterServers, endProcesses, isInPod, killProcesses, podProcesses } from './processes.ts'
import {
  logFolder,
  startApiServer,
  startContainerd,
  startControllers,
  startEtcd,
  startNode,
} from './servers.ts'
import { podNetwork, writeSettings } from './settings.ts'

const execute = promisify(execFile)
const startMs = 120_000
const intervalMs = 200

/** How tests reach the cluster: variables of their environment. */
export type ClusterEnvironment = Readonly<
  Record<'KUBECONFIG' | 'PATH' | 'AV_TELEMETRY_TEST_CONTAINERD', string>
>

const lock = `${folder}.lock`

/**
 * Starts a cluster with one node on this machine, uses it, and removes it. First removes what an interrupted
 * run has left.
 *
 * @throws UserError if the machine has such a cluster already, or is a node of another one
 */
export async function withCluster<T>(
  use: (environment: ClusterEnvironment) => Promise<T>,
): Promise<T> {
  makePath(dirname(folder))
  const holder = takeLock(lock)
  if (holder !== undefined) {
    throw new UserError(`The process ${holder} runs the same tests. Start them when it has ended.`)
  }
  try {
    await removeCluster()
    return await use(await startCluster())
  } finally {
    await removeCluster()
    releaseLock(lock)
  }
}

async function startCluster(): Promise<ClusterEnvironment> {
  if (isInPod()) {
    throw new UserError(
      'This machine is a pod of a cluster. Name a cluster instead: npm run test:kubernetes -- --context NAME',
    )
  }
  if (hasChainsOfKubernetes()) {
    throw new UserError(
      'This machine is a node of a cluster: iptables has chains with the names KUBE-…. A second one would change them. Name the cluster instead: npm run test:kubernetes -- --context NAME',
    )
  }
  makePath(folder, 0o700)
  recordKernelParameters()
  const ports = await clusterPorts()
  makeCertificates()
  writeSettings(ports)
  makeNetwork()
  startEtcd(ports)
  startContainerd()
  startApiServer(ports)
  await untilAnswers('/readyz')
  startControllers(ports)
  // Pods cannot be made before it exists.
  await untilAnswers('/api/v1/namespaces/default/serviceaccounts/default')
  startNode()
  return {
    KUBECONFIG: adminConfig,
    // With containerd last, because an engine starts its own.
    PATH: [builtPrograms, process.env['PATH'] ?? '', join(debianPrograms, 'bin')].join(':'),
    AV_TELEMETRY_TEST_CONTAINERD: containerdSocket,
  }
}

async function untilAnswers(path: string): Promise<void> {
  const kubectl = join(builtPrograms, 'kubectl')
  const get = ['--kubeconfig', adminConfig, 'get', '--raw', path]
  const deadline = Date.now() + startMs
  for (;;) {
    const error = await execute(kubectl, get).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    )
    if (error === undefined) return
    if (Date.now() > deadline) {
      throw new Error(`The API server does not answer. Its log is in ${logFolder}.`, {
        cause: error,
      })
    }
    await sleep(intervalMs)
  }
}

/** Ends the cluster and all its pods, and removes everything that it has made on this machine. */
async function removeCluster(): Promise<void> {
  if (!existsSync(folder)) return
  const all = () => clusterServers()
  const isOfContainers = (program: string) => /\/containerd(-shim-runc-v2)?$/.test(program)
  const pids = (isWanted: (program: string) => boolean) => () =>
    all().flatMap(({ pid, program }) => (isWanted(program) ? [pid] : []))
  // Kubelet first, because it would start the pods again.
  await endProcesses(pids((program) => program.endsWith('/kubelet')))
  await endProcesses(pids((program) => !isOfContainers(program)))
  await endContainers()
  await killProcesses(podProcesses)
  await endProcesses(pids(isOfContainers))
  unmountAll()
  removeControlGroups()
  removeNetwork()
  removeNetworkRecords(podNetwork)
  restoreKernelParameters()
  rmSync(folder, { recursive: true, force: true })
}

/** Lets containerd end the containers, because it then also removes their sockets and mounts. */
async function endContainers(): Promise<void> {
  const ctr = join(debianPrograms, 'bin', 'ctr')
  const tasks = ['--address', containerdSocket, '--namespace', 'k8s.io', 'tasks']
  try {
    const { stdout } = await execute(ctr, [...tasks, 'list', '--quiet'], { timeout: 20_000 })
    const names = stdout.split('\n').filter((name) => name !== '')
    if (names.length === 0) return
    await execute(ctr, [...tasks, 'delete', '--force', ...names], { timeout: 60_000 })
  } catch {
    // Containerd has ended already. What is left of its containers is killed.
  }
}
