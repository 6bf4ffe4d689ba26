// What commands need besides Node.js. Each entry checks if it is present and can install it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import { cache, root } from './paths.mjs'
import { print, run, SetupError, stop, wrongInput } from './run.mjs'

const stampFile = join(root, 'node_modules', '.av-telemetry-lock')
const patches = join(root, 'services', 'adapters', 'kafka', 'patches')

/** Digest of the lock file and of the patches for packages. */
function digestOfPackages() {
  const files = readdirSync(patches).map((name) => join(patches, name))
  const digest = createHash('sha256')
  for (const file of [join(root, 'package-lock.json'), ...files]) digest.update(readFileSync(file))
  return digest.digest('hex')
}

/** Whether the installed packages match the lock file. npm's own check takes seconds. */
function packagesArePresent() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === digestOfPackages()
}

/**
 * The id of the process that runs the platform of this clone; empty if there is none or tsx is
 * missing.
 */
function readSupervisorPid() {
  const program = join(root, 'scripts', 'platform', 'print-supervisor.ts')
  const options = { cwd: root, encoding: 'utf8' }
  return spawnSync(process.execPath, ['--import', 'tsx', program], options).stdout
}

export const packages = {
  isPresent: packagesArePresent,
  /** npm removes node_modules first, but a running platform starts its services from there. */
  async install() {
    const pid = readSupervisorPid()
    if (pid !== '') {
      throw new SetupError(
        `The npm packages have changed, but the platform of this clone still uses the old ones (process ${pid}). Stop it with Ctrl-C or kill ${pid}, then run npm start.`,
      )
    }
    print('Installing the npm packages (once) ...')
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root })
    if (!stop.signal.aborted) writeFileSync(stampFile, digestOfPackages())
  },
}

export const isRoot = process.getuid?.() === 0
export const runs = (file, args) => spawnSync(file, args, { stdio: 'ignore' }).status === 0

/** Installs Debian packages as root. @throws SetupError with `sentence` on other systems */
export async function installFromApt(names, sentence) {
  if (!isRoot || !runs('apt-get', ['--version'])) throw new SetupError(sentence)
  print(`Installing ${names.join(' and ')} (once) ...`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update'], { env })
  if (stop.signal.aborted) return
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...names], {
    env,
    isInterruptible: false,
  })
}

/** The oldest Java that the platform is tested with. */
const leastJava = 17

/** The major version of the Java that services start with; undefined if no Java runs. */
function javaVersion() {
  const home = process.env.JAVA_HOME
  const program = home ? join(home, 'bin', 'java') : 'java'
  const { status, stdout, stderr } = spawnSync(program, ['-version'], { encoding: 'utf8' })
  if (status !== 0) return undefined
  // Up to Java 8 the version begins with "1.".
  const [, major] = /version "(?:1\.)?(\d+)/.exec(stdout + stderr) ?? []
  return major === undefined ? undefined : Number(major)
}

export const java = {
  isPresent: () => (javaVersion() ?? 0) >= leastJava,
  async install() {
    const [home, version] = [process.env.JAVA_HOME, javaVersion()]
    const found = version === undefined ? 'no Java runs from there' : `Java ${version} is there`
    if (home) {
      throw new SetupError(
        `Kafka needs Java ${leastJava} or later. JAVA_HOME is ${home}, but ${found}. Correct it or unset it.`,
      )
    }
    const present = version === undefined ? '' : ` This is Java ${version}.`
    const sentence = `Kafka needs Java ${leastJava} or later.${present} Install it (Debian and Ubuntu: apt-get install default-jre-headless; macOS: brew install openjdk).`
    await installFromApt(['default-jre-headless'], sentence)
    // An older system may have an older default, or an older Java earlier in PATH.
    if (!stop.signal.aborted && !java.isPresent()) throw new SetupError(sentence)
  },
}

/** @throws SetupError if the folder that all clones share cannot be created */
export function makeCache() {
  try {
    makePath(cache)
  } catch (error) {
    throw new SetupError(
      `The cache folder ${cache} cannot be created (${error.message}). Set XDG_CACHE_HOME to a folder that you can write.`,
      wrongInput,
    )
  }
}

/** @throws SetupError if Maven is not there and cannot be installed */
export async function requireMaven(files) {
  if (runs('mvn', ['-v'])) return
  const install = '(Debian and Ubuntu: apt-get install maven; macOS: brew install maven)'
  await installFromApt(['maven'], `Maven is needed to download ${files}. Install it ${install}.`)
}

const kafkaPom = join(root, 'infra', 'local', 'kafka', 'pom.xml')
const kafkaVersion = /<version>([^<]+)<\/version>/.exec(readFileSync(kafkaPom, 'utf8'))[1]
const jars = join(cache, `kafka-${kafkaVersion}`)

export const kafka = {
  isPresent: () => existsSync(jars),
  async install() {
    makeCache()
    await requireMaven("Kafka's jars")
    if (stop.signal.aborted) return
    print("Downloading Kafka's jars (once) ...")
    const draft = `${jars}.${process.pid}`
    const goal = [
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${draft}`,
    ]
    await run('mvn', ['-B', '-q', '-f', kafkaPom, ...goal])
    if (!stop.signal.aborted) renameSync(draft, jars)
  },
}
