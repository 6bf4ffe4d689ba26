import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { install, mayInstall } from './apt.ts'
import { isPresent } from './engine-images.ts'
import type { Say } from './run-program.ts'
import { runProgram, works } from './run-program.ts'
import { withFolder } from './workplace.ts'

/** What every Dockerfile beside this file is built on; they name it. */
const baseImage = 'av-telemetry/stand-in-base:trixie'
const suite = 'trixie'

/** What no container needs, or what belongs to the moment of the installation. */
const leftOut = [
  './dev/*',
  './proc/*',
  './sys/*',
  './var/cache/apt/*',
  './var/lib/apt/lists/*',
  './usr/share/doc/*',
  './usr/share/locale/*/*',
]

/** Makes Debian's smallest system an image, from the packages of Debian's own mirrors. */
export async function ensureDebianBase(say: Say): Promise<void> {
  if (await isPresent(baseImage)) return
  await ensureDebootstrap()
  say(`Making ${baseImage} with debootstrap (once) ...`)
  const proxies = await aptSettings(/^Acquire::https?::Proxy\b/)
  await withFolder(async (folder) => {
    const system = join(folder, 'system')
    const archive = join(folder, 'system.tar')
    const args = ['--variant=minbase', suite, system, ...(await debianMirror())]
    await runProgram('debootstrap', args, { env: { ...process.env, ...proxyEnv(proxies) } })
    await takeOverAptSettings(system)
    const exclusions = leftOut.map((path) => `--exclude=${path}`)
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
      'Images can neither be pulled nor made here: that takes debootstrap, and root to run it.',
    )
  }
  await install(['debootstrap', 'debian-archive-keyring'])
}

/** Where this machine's apt has Debian from, if it has; elsewhere debootstrap knows where to go. */
async function debianMirror(): Promise<string[]> {
  const conditions = ['Created-By: Packages', 'Origin: Debian', 'Component: main']
  const format = ['indextargets', '--format', '$(SITE)']
  const sites = await runProgram('apt-get', [...format, ...conditions]).catch(() => '')
  return sites.split('\n').slice(0, 1).filter(Boolean)
}

/** Lines of this machine's apt configuration, as a file of it has them. */
async function aptSettings(pattern: RegExp): Promise<string[]> {
  const all = await runProgram('apt-config', ['dump']).catch(() => '')
  return all.split('\n').filter((line) => pattern.test(line))
}

/** debootstrap fetches without apt, but knows a proxy by its usual variables. */
function proxyEnv(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, scheme, proxy] = /^Acquire::(https?)::Proxy "([^"]+)"/.exec(line) ?? []
      return scheme === undefined || proxy === undefined ? [] : [[`${scheme}_proxy`, proxy]]
    }),
  )
}

/** The builds reach the packages the way this machine does, and start no service they install. */
async function takeOverAptSettings(system: string): Promise<void> {
  const lines = await aptSettings(/^Acquire::(https?::Proxy|Check-)/)
  mkdirSync(join(system, 'etc/apt/apt.conf.d'), { recursive: true })
  writeFileSync(join(system, 'etc/apt/apt.conf.d/90host'), `${lines.join('\n')}\n`)
  const policy = join(system, 'usr/sbin/policy-rc.d')
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
}
