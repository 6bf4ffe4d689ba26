// The programs of the cluster that `npm run test:kubernetes` starts. They are made once, in the cache of the user.
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import { installFromApt, isRoot, makeCache, runs } from './needs.mjs'
import { cache, root } from './paths.mjs'
import { print, run, stop } from './run.mjs'

/** A Go module for each kind of program. */
const modules = join(root, 'scripts', 'setup', 'kubernetes')
const goMod = readFileSync(join(modules, 'server', 'go.mod'), 'utf8')
const version = /k8s\.io\/kubernetes (v\S+)/.exec(goMod)[1]

/** `bin` has what is built, and `usr` the unpacked Debian packages. */
const folder = join(cache, `kubernetes-${version}`)
export const builtPrograms = join(folder, 'bin')
export const debianPrograms = join(folder, 'usr')

/** They are only unpacked: an installation would start services on the machine. */
const debianPackages = ['etcd-server', 'containerd', 'runc', 'containernetworking-plugins']
/** To it Pulumi pushes the images of the tests. Unpacked like the others, when it is needed. */
export const registryProgram = join(debianPrograms, 'bin', 'docker-registry')
/** What the cluster uses of the system, by the Debian package that has it. */
const systemPrograms = { iproute2: 'ip', iptables: 'iptables', openssl: 'openssl' }

export const isBuilt = () => existsSync(folder)

/** Why no cluster can be started here: sentences that say what is missing. Empty: one can be started. */
export function missingForCluster() {
  const found = [
    [process.platform === 'linux' && isRoot, 'Only root on Linux can start a cluster.'],
    [
      runs('apt-get', ['--version']) || isBuilt(),
      'etcd and containerd are unpacked from packages of Debian, and this system has no apt-get.',
    ],
    [
      runs('go', ['version']) || isBuilt(),
      'Go, which builds Kubernetes, is not installed (go.dev).',
    ],
  ]
  return found.filter(([isFulfilled]) => !isFulfilled).map(([, sentence]) => sentence)
}

/** Installs what the cluster uses of the system. */
export async function installSystemPrograms() {
  const missing = Object.entries(systemPrograms).filter(([, name]) => !runs('which', [name]))
  const packages = missing.map(([name]) => name)
  if (packages.length > 0) {
    await installFromApt(packages, `A cluster needs ${packages.join(' and ')}. Install them.`)
  }
}

/** The first build compiles for 7 to 9 minutes on two cores. */
export async function buildPrograms() {
  print(`Building Kubernetes ${version} (once, 7 to 9 minutes) ...`)
  makeCache()
  const draft = `${folder}.${process.pid}`
  makePath(draft)
  try {
    await unpackDebianPackages(draft, debianPackages)
    for (const [name, [module, path]] of Object.entries(goPrograms)) {
      if (!stop.signal.aborted) await compile(draft, { name, module, path })
    }
    if (stop.signal.aborted) return
    rmSync(join(draft, 'source'), { recursive: true, force: true })
    renameSync(draft, folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** Unpacks the registry beside the built programs if it is missing. */
export async function unpackRegistry() {
  if (!existsSync(registryProgram)) await unpackDebianPackages(folder, ['docker-registry'])
}

async function unpackDebianPackages(cwd, packages) {
  await run('apt-get', ['update'])
  const unpack = 'for file in *.deb; do dpkg-deb -x "$file" . && rm "$file" || exit 1; done'
  const script = `apt-get download ${packages.join(' ')} && ${unpack}`
  if (!stop.signal.aborted) await run('sh', ['-c', script], { cwd })
}

/** The module of each program, and its package. */
const goPrograms = {
  ...Object.fromEntries(
    [
      ...['kubectl', 'kube-scheduler', 'kube-apiserver'],
      ...['kube-controller-manager', 'kubelet', 'kube-proxy'],
    ].map((name) => [name, ['server', `k8s.io/kubernetes/cmd/${name}`]]),
  ),
  coredns: ['coredns', '.'],
  pause: ['pause', '.'],
}

/** Compiles a static program, which also runs in an empty image. */
async function compile(draft, { name, module, path }) {
  print(`Building ${name} ...`)
  const source = join(draft, 'source', module)
  // go.mod lists only the first module; Go adds those that it needs, with the digests of go.sum.
  cpSync(join(modules, module), source, { recursive: true })
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' }
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version)
  const names = { gitVersion: version, gitMajor: major, gitMinor: minor }
  const flags = Object.entries(names).map(
    ([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`,
  )
  const options = ['-trimpath', '-ldflags', ['-s', '-w', ...flags].join(' ')]
  await run('go', ['build', ...options, '-o', join(draft, 'bin', name), path], { cwd: source, env })
}
