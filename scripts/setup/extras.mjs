// Programs that only some tests need. If one cannot be installed, these tests are skipped and the others run.
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import { installFromApt, isRoot, makeCache, requireMaven, runs } from './needs.mjs'
import { cache, pythonRequirements, root, schemathesisFolder } from './paths.mjs'
import { print, run, SetupError, stop } from './run.mjs'

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

const tikaVersion = '3.1.0'
const tikaFolder = join(cache, `tika-${tikaVersion}`)
/** The jar has 66 MB. */
const downloadTimeoutMs = 300_000

/** The tests of types of files compare ours with those of Apache Tika. */
const tika = {
  isPresent: () => process.env.TIKA_URL !== undefined || existsSync(tikaFolder),
  install: () => installOrSkip('the tests with Apache Tika', downloadTika),
}

async function downloadTika() {
  await requireMaven('Apache Tika')
  if (stop.signal.aborted) return
  print('Downloading Apache Tika (once) ...')
  makeCache()
  const draft = `${tikaFolder}.${process.pid}`
  const artifact = `org.apache.tika:tika-server-standard:${tikaVersion}`
  const options = [`-Dartifact=${artifact}`, `-DoutputDirectory=${draft}`]
  try {
    await run('mvn', ['-B', '-q', 'dependency:copy', ...options], { timeout: downloadTimeoutMs })
    if (!stop.signal.aborted) renameSync(draft, tikaFolder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

const kafka4Pom = join(root, 'scripts', 'setup', 'kafka-4', 'pom.xml')
const [, kafka4Version] = /<version>([^<]+)<\/version>/.exec(readFileSync(kafka4Pom, 'utf8'))
const kafka4Folder = join(cache, `kafka-${kafka4Version}`)

/** The tests of servers that others run also use Kafka 4, which has no ZooKeeper. */
const kafka4 = {
  isPresent: () => existsSync(kafka4Folder),
  install: () => installOrSkip('the tests with Kafka 4', downloadKafka4),
}

async function downloadKafka4() {
  await requireMaven('the jars of Kafka 4')
  if (stop.signal.aborted) return
  print('Downloading the jars of Kafka 4 (once) ...')
  makeCache()
  const draft = `${kafka4Folder}.${process.pid}`
  const options = ['-DincludeScope=runtime', `-DoutputDirectory=${draft}`]
  try {
    await run('mvn', ['-B', '-q', '-f', kafka4Pom, 'dependency:copy-dependencies', ...options], {
      timeout: downloadTimeoutMs,
    })
    if (!stop.signal.aborted) renameSync(draft, kafka4Folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** Optional programs, by the names in `uses` of a command. */
export const extras = { chromium, clickhouse, kafka4, prometheus, schemathesis, tika, versitygw }
