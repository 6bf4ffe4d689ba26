import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { install, mayInstall } from './apt.ts'
import { isPresent } from './engine-images.ts'
import type { PrintLine } from './run-program.ts'
import { runProgram, works } from './run-program.ts'
import { withBuildFolder } from './build-folder.ts'

/** The base image of every Dockerfile in this folder. */
const baseImage = 'av-telemetry/stand-in-base:trixie'
const suite = 'trixie'

/** Files that no container needs, and temporary files of the installation. */
const excludedPaths = [
  './dev/*',
  './proc/*',
  './sys/*',
  './var/cache/apt/*',
  './var/lib/apt/lists/*',
  './usr/share/doc/*',
  './usr/share/locale/*/*',
]

/** Builds an image of a minimal Debian system with debootstrap, unless the engine has it. */
export async function ensureDebianBase(printLine: PrintLine): Promise<void> {
  if (await isPresent(baseImage)) return
  await ensureDebootstrap()
  printLine(`Building ${baseImage} with debootstrap (once) ...`)
  const proxies = await aptSettings(/^Acquire::https?::Proxy\b/)
  await withBuildFolder(async (folder) => {
    const system = join(folder, 'system')
    const archive = join(folder, 'system.tar')
    const args = ['--variant=minbase', suite, system, ...(await debianMirror())]
    await runProgram('debootstrap', args, { env: { ...process.env, ...proxyEnv(proxies) } })
    await copyAptSettings(system)
    const exclusions = excludedPaths.map((path) => `--exclude=${path}`)
    await runProgram('tar', ['-C', system, ...exclusions, '-cf', archive, '.'])
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    const changes = [`ENV PATH=${path}`, 'CMD ["bash"]'].flatMap((line) => ['--change', line])
    await runProgram('docker', ['import', ...changes, archive, baseImage])
  })
}

async function ensureDebootstrap(): Promise<void> {
  if (await works('debootstrap', ['--version'])) return
  if (!(await mayInstall())) {
    throw new Error(
      'The images can be neither pulled nor built: building them needs debootstrap and root.',
    )
  }
  await install(['debootstrap', 'debian-archive-keyring'])
}

/** The Debian mirror that apt uses on this machine. If empty, debootstrap uses its default mirror. */
async function debianMirror(): Promise<string[]> {
  const conditions = ['Created-By: Packages', 'Origin: Debian', 'Component: main']
  const format = ['indextargets', '--format', '$(SITE)']
  const sites = await runProgram('apt-get', [...format, ...conditions]).catch(() => '')
  return sites.split('\n').slice(0, 1).filter(Boolean)
}

/** Lines of this machine's apt configuration, in the format of a configuration file. */
async function aptSettings(pattern: RegExp): Promise<string[]> {
  const all = await runProgram('apt-config', ['dump']).catch(() => '')
  return all.split('\n').filter((line) => pattern.test(line))
}

/** debootstrap does not use apt. It reads the proxy from `http_proxy` and `https_proxy`. */
function proxyEnv(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, scheme, proxy] = /^Acquire::(https?)::Proxy "([^"]+)"/.exec(line) ?? []
      return scheme === undefined || proxy === undefined ? [] : [[`${scheme}_proxy`, proxy]]
    }),
  )
}

/** Builds use this machine's proxy settings for apt, and do not start the services they install. */
async function copyAptSettings(system: string): Promise<void> {
  const lines = await aptSettings(/^Acquire::(https?::Proxy|Check-)/)
  mkdirSync(join(system, 'etc/apt/apt.conf.d'), { recursive: true })
  writeFileSync(join(system, 'etc/apt/apt.conf.d/90host'), `${lines.join('\n')}\n`)
  const policy = join(system, 'usr/sbin/policy-rc.d')
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
}
