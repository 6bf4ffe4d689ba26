import { runProgram, works } from './run-program.ts'

/** Whether this process can install Debian packages: it is root and apt-get exists. */
export async function mayInstall(): Promise<boolean> {
  return process.getuid?.() === 0 && (await works('apt-get', ['--version']))
}

/** Installs Debian packages. Waits up to 5 minutes for another installation to end. */
export async function install(names: readonly string[]): Promise<void> {
  const options = ['-o', 'DPkg::Lock::Timeout=300']
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await runProgram('apt-get', [...options, 'update'], { env })
  const arguments_ = [...options, 'install', '-y', '--no-install-recommends', ...names]
  await runProgram('apt-get', arguments_, { env })
}
