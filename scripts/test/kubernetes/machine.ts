import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { allAddresses, folder, nodeAddress, nodeLink, serviceRange } from './addresses.ts'

/** What the cluster changes on the machine outside its folder, and how it is changed back. */

/** Parameters of the kernel that kubelet, kube-proxy and the network plugins set. */
const kernelParameters = [
  ...['vm.overcommit_memory', 'vm.panic_on_oom', 'kernel.panic', 'kernel.panic_on_oops'],
  ...['kernel.keys.root_maxkeys', 'kernel.keys.root_maxbytes'],
  ...['net.ipv4.ip_forward', 'net.ipv4.conf.all.route_localnet'],
  ...['net.netfilter.nf_conntrack_max', 'net.netfilter.nf_conntrack_tcp_be_liberal'],
  ...['net.netfilter.nf_conntrack_tcp_timeout_established'],
  ...['net.netfilter.nf_conntrack_tcp_timeout_close_wait'],
]
const parametersFile = join(folder, 'kernel-parameters.json')

const pathOf = (parameter: string): string => join('/proc/sys', parameter.replaceAll('.', '/'))

/** Writes the values before the cluster changes them, so that also a later process can restore them. */
export function recordKernelParameters(): void {
  const present = kernelParameters.filter((name) => existsSync(pathOf(name)))
  const values = present.map((name) => [name, readFileSync(pathOf(name), 'utf8').trim()])
  writeFileSync(parametersFile, JSON.stringify(Object.fromEntries(values)))
}

export function restoreKernelParameters(): void {
  if (!existsSync(parametersFile)) return
  const values = JSON.parse(readFileSync(parametersFile, 'utf8')) as Readonly<
    Record<string, string>
  >
  for (const [name, value] of Object.entries(values)) {
    if (readFileSync(pathOf(name), 'utf8').trim() !== value) writeFileSync(pathOf(name), value)
  }
}

/** A Docker engine may forbid everything else in FORWARD, so these rules are the first ones. */
const forwardRules = [
  ['FORWARD', '-s', allAddresses, '-j', 'ACCEPT'],
  ['FORWARD', '-d', allAddresses, '-j', 'ACCEPT'],
]

export function makeNetwork(): void {
  execute('ip', 'link', 'add', nodeLink, 'type', 'bridge')
  execute('ip', 'address', 'add', `${nodeAddress}/32`, 'dev', nodeLink)
  execute('ip', 'link', 'set', nodeLink, 'up')
  // Else programs of the node would reach Services only if it has a default route.
  execute('ip', 'route', 'add', serviceRange, 'dev', nodeLink, 'src', nodeAddress)
  for (const rule of forwardRules) execute('iptables', '-w', '-I', ...rule)
}

/** Ignores what an interrupted run has not made. */
export function removeNetwork(): void {
  for (const rule of forwardRules) attempt('iptables', '-w', '-D', ...rule)
  attempt('ip', 'link', 'delete', nodeLink)
  for (const table of ['mangle', 'nat', 'filter']) {
    const input = removalOfChains(execute('iptables-save', '-t', table))
    if (input === undefined) continue
    const restore = { input: `*${table}\n${input}\nCOMMIT\n` }
    execFileSync('iptables-restore', ['-w', '--noflush'], restore)
  }
}

/** Whether iptables has chains of kubelet or kube-proxy. */
export function hasChainsOfKubernetes(): boolean {
  return ['mangle', 'nat', 'filter'].some(
    (table) => removalOfChains(execute('iptables-save', '-t', table)) !== undefined,
  )
}

/**
 * The lines for `iptables-restore` that remove the chains of kubelet and kube-proxy, and the rules that jump
 * to them. Undefined if there are none.
 *
 * @param saved output of `iptables-save` for one table
 */
export function removalOfChains(saved: string): string | undefined {
  const lines = saved.split('\n')
  const chains = lines.flatMap((line) => /^:(KUBE-\S+)/.exec(line)?.[1] ?? [])
  if (chains.length === 0) return undefined
  const jumps = lines.filter((line) => /^-A (?!KUBE-).* -j KUBE-/.test(line))
  return [
    ...jumps.map((line) => line.replace(/^-A/, '-D')),
    ...chains.map((chain) => `-F ${chain}`),
    ...chains.map((chain) => `-X ${chain}`),
  ].join('\n')
}

/** Unmounts what is mounted below the folder of the cluster. */
export function unmountAll(): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const paths = mounts.map((line) => line.split(' ')[1] ?? '')
  const ours = paths.filter((path) => path.startsWith(`${folder}/`)).reverse()
  for (const path of ours) attempt('umount', '--lazy', path.replaceAll('\\040', ' '))
}

const cgroupRoot = '/sys/fs/cgroup'

/** Removes the empty control groups of pods, in each hierarchy. */
export function removeControlGroups(): void {
  const hierarchies = readdirSync(cgroupRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(cgroupRoot, name, 'kubepods'))
  for (const group of [join(cgroupRoot, 'kubepods'), ...hierarchies]) removeGroup(group)
}

function removeGroup(group: string): void {
  if (!existsSync(group)) return
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(group, entry.name))
  }
  rmdirSync(group)
}

/** The library of the network plugins records each pod here (its path cannot be configured). */
const networkRecords = '/var/lib/cni/results'

export function removeNetworkRecords(network: string): void {
  const entries = existsSync(networkRecords) ? readdirSync(networkRecords) : []
  // Each pod has another record, of its loopback interface: NETWORK-POD-INTERFACE.
  const pods = entries.flatMap((entry) =>
    entry.startsWith(`${network}-`) ? [entry.slice(network.length + 1).split('-')[0] ?? ''] : [],
  )
  for (const entry of entries.filter((name) => pods.some((pod) => name.includes(`-${pod}-`)))) {
    rmSync(join(networkRecords, entry))
  }
}

function execute(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

function attempt(program: string, ...args: readonly string[]): void {
  try {
    execute(program, ...args)
  } catch {
    // It is not there.
  }
}
