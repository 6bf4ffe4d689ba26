// What commands need besides Node.js. Each entry checks if it is present and can install it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import { cache, pythonRequirements, root, schemathesisFolder } from './paths.mjs'
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

const isRoot = process.getuid?.() === 0
const runs = (file, args) => spawnSync(file, args, { stdio: 'ignore' }).status === 0

/** Installs Debian packages as root. @throws SetupError with `sentence` on other systems */
async function installFromApt(names, sentence) {
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
function makeCache() {
  try {
    makePath(cache)
  } catch (error) {
    throw new SetupError(
      `The cache folder ${cache} cannot be created (${error.message}). Set XDG_CACHE_HOME to a folder that you can write.`,
      wrongInput,
    )
  }
}

const kafkaPom = join(root, 'infra', 'local', 'kafka', 'pom.xml')
const kafkaVersion = /<version>([^<]+)<\/version>/.exec(readFileSync(kafkaPom, 'utf8'))[1]
const jars = join(cache, `kafka-${kafkaVersion}`)

export const kafka = {
  isPresent: () => existsSync(jars),
  async install() {
    makeCache()
    if (!runs('mvn', ['-v'])) {
      await installFromApt(
        ['maven'],
        "Maven is needed to download Kafka's jars. Install it (Debian and Ubuntu: apt-get install maven; macOS: brew install maven).",
      )
    }
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

/** If the installation is not possible, some tests are skipped and the others run. */
async function installOrSkip(tests, install) {
  try {
    await install()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    print(`${error.message}\nContinuing without it: ${tests} are skipped.`)
  }
}

/** The tests of the dashboard need a browser. */
const chromium = {
  isPresent() {
    const names = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome']
    return names.some((name) => name !== undefined && runs(name, ['--version']))
  },
  install: () =>
    installOrSkip('the tests in a browser', () =>
      installFromApt(
        ['chromium'],
        'The tests in a browser need Chromium. Install it (Debian: apt-get install chromium), or set CHROMIUM to its path.',
      ),
    ),
}

/** Folder of the unpacked Debian package. */
const prometheusFolder = join(cache, 'prometheus')

/**
 * The tests of the alerts need Prometheus. Its package is only unpacked: an installation would start
 * a service on the machine and install further packages.
 */
const prometheus = {
  isPresent: () =>
    existsSync(prometheusFolder) ||
    ['prometheus', 'promtool'].every((name) => runs(name, ['--version'])),
  install: () => installOrSkip('the tests with Prometheus', unpackPrometheus),
}

async function unpackPrometheus() {
  if (!runs('apt-get', ['--version'])) {
    throw new SetupError(
      'The tests of the alerts need prometheus and promtool. Install them (macOS: brew install prometheus).',
    )
  }
  print('Downloading Prometheus (once) ...')
  if (isRoot) await run('apt-get', ['update'])
  makeCache()
  const draft = `${prometheusFolder}.${process.pid}`
  makePath(draft)
  try {
    // The file name contains the version.
    const unpack = 'apt-get download prometheus && dpkg-deb -x prometheus_*.deb .'
    if (!stop.signal.aborted) await run('sh', ['-c', unpack], { cwd: draft })
    if (!stop.signal.aborted) renameSync(draft, prometheusFolder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** The installation takes about 20 s. */
const pipTimeoutMs = 180_000

/** The tests of the OpenAPI documents need schemathesis. */
const schemathesis = {
  isPresent: () => existsSync(schemathesisFolder),
  install: () => installOrSkip('the tests with schemathesis', installSchemathesis),
}

async function installSchemathesis() {
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
  if (!runs('python3', ['-c', check])) {
    throw new SetupError(
      'schemathesis needs Python 3.11 or later with venv and pip. Install it (Debian and Ubuntu: apt-get install python3-venv; macOS: brew install python).',
    )
  }
  print('Installing schemathesis (once) ...')
  makeCache()
  const draft = `${schemathesisFolder}.${process.pid}`
  try {
    await run('python3', ['-m', 'venv', draft])
    // Only packages that need no compiler.
    const options = ['--no-input', '--only-binary', ':all:', '--timeout', '20', '--retries', '2']
    const install = ['-m', 'pip', 'install', ...options, '-r', pythonRequirements]
    const python = join(draft, 'bin', 'python')
    if (!stop.signal.aborted) await run(python, install, { timeout: pipTimeoutMs })
    if (!stop.signal.aborted) renameSync(draft, schemathesisFolder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

const versitygwVersion = 'v1.8.0'
const versitygwFolder = join(cache, `versitygw-${versitygwVersion}`)

/** The build takes one to three minutes. */
const buildTimeoutMs = 600_000

/** The tests of files in an S3 bucket need versitygw, an S3 server. Go builds it. */
const versitygw = {
  isPresent: () => existsSync(versitygwFolder) || runs('versitygw', ['--version']),
  install: () => installOrSkip('the tests with an S3 server', buildVersitygw),
}

async function buildVersitygw() {
  if (!runs('go', ['version'])) {
    throw new SetupError(
      'The tests of files in an S3 bucket need versitygw. Install Go (go.dev), which builds it, or put versitygw into PATH.',
    )
  }
  print('Building versitygw (once) ...')
  makeCache()
  const draft = `${versitygwFolder}.${process.pid}`
  // A static program also runs in a container.
  const env = { ...process.env, GOBIN: draft, CGO_ENABLED: '0' }
  const module = `github.com/versity/versitygw/cmd/versitygw@${versitygwVersion}`
  try {
    await run('go', ['install', module], { env, timeout: buildTimeoutMs })
    if (!stop.signal.aborted) renameSync(draft, versitygwFolder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** Folder of the unpacked Debian packages. */
const clickHouseFolder = join(cache, 'clickhouse')

/** The tests of the copy of the status of files need ClickHouse. Its packages are only unpacked, not installed. */
const clickhouse = {
  isPresent: () => existsSync(clickHouseFolder),
  install: () => installOrSkip('the tests with ClickHouse', unpackClickHouse),
}

async function unpackClickHouse() {
  if (!runs('apt-get', ['--version'])) {
    throw new SetupError(
      'The tests of the copy in ClickHouse need the packages of Debian, and this system has no apt-get.',
    )
  }
  print('Downloading ClickHouse (once) ...')
  if (isRoot) await run('apt-get', ['update'])
  makeCache()
  const draft = `${clickHouseFolder}.${process.pid}`
  makePath(draft)
  try {
    // With the libraries that this system does not have: lines "Inst NAME ..." of a simulated installation.
    const list = 'apt-get install --simulate --no-install-recommends clickhouse-server'
    const names = `$(${list} | sed -n 's/^Inst \\([^ ]*\\) .*/\\1/p')`
    const unpack = `for file in *.deb; do dpkg-deb -x "$file" . && rm "$file" || exit 1; done`
    const script = `apt-get download ${names} && ${unpack} && test -x usr/sbin/clickhouse-server`
    if (!stop.signal.aborted) await run('sh', ['-c', script], { cwd: draft })
    if (!stop.signal.aborted) renameSync(draft, clickHouseFolder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

export const extras = { chromium, clickhouse, prometheus, schemathesis, versitygw }
