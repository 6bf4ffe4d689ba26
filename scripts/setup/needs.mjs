// What commands need beside Node, each with whether it is there and how it is had.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { cache, root } from './places.mjs'
import { run, say, SetupError, stop } from './run.mjs'

const stampFile = join(root, 'node_modules', '.av-telemetry-lock')
const patches = join(root, 'services', 'adapters', 'kafka', 'patches')

/** Of what says which packages there are, and of what is mended in them. */
function digestOfPackages() {
  const files = readdirSync(patches).map((name) => join(patches, name))
  const digest = createHash('sha256')
  for (const file of [join(root, 'package-lock.json'), ...files]) digest.update(readFileSync(file))
  return digest.digest('hex')
}

/** The packages are those of the lock file; npm's own check of that takes seconds, this one none. */
function packagesArePresent() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === digestOfPackages()
}

/** The number of the process that runs the platform of this clone; without tsx there can be none. */
function supervisor() {
  const program = join(root, 'scripts', 'platform', 'print-supervisor.ts')
  const options = { cwd: root, encoding: 'utf8' }
  return spawnSync(process.execPath, ['--import', 'tsx', program], options).stdout
}

export const packages = {
  isPresent: packagesArePresent,
  /** npm removes node_modules first, with what a platform that runs starts its services from. */
  async install() {
    const pid = supervisor()
    if (pid !== '') {
      throw new SetupError(
        `The packages have changed, and the platform of this clone runs on those from before (process ${pid}): stop it by Ctrl-C there, or kill ${pid}; then npm start.`,
      )
    }
    say('Installing the npm packages (once) ...')
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root })
    if (!stop.signal.aborted) writeFileSync(stampFile, digestOfPackages())
  },
}

const isRoot = process.getuid?.() === 0
const works = (file, args) => spawnSync(file, args, { stdio: 'ignore' }).status === 0

/** Installs Debian packages as root; elsewhere says what to install. */
async function installFromApt(names, sentence) {
  if (!isRoot || !works('apt-get', ['--version'])) throw new SetupError(sentence)
  say(`Installing ${names.join(' and ')} (once) ...`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update'], { env })
  if (stop.signal.aborted) return
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...names], {
    env,
    isInterruptible: false,
  })
}

export const java = {
  isPresent() {
    const home = process.env.JAVA_HOME
    return works(home ? join(home, 'bin', 'java') : 'java', ['-version'])
  },
  async install() {
    const home = process.env.JAVA_HOME
    if (home) {
      throw new SetupError(
        `JAVA_HOME is ${home}, but there is no Java that runs: correct it, or unset it.`,
      )
    }
    await installFromApt(
      ['default-jre-headless'],
      'Kafka needs Java 17 or later: install it (Debian and Ubuntu: apt-get install default-jre-headless; macOS: brew install openjdk).',
    )
  },
}

const kafkaPom = join(root, 'infra', 'local', 'kafka', 'pom.xml')
const kafkaVersion = /<version>([^<]+)<\/version>/.exec(readFileSync(kafkaPom, 'utf8'))[1]
const jars = join(cache, `kafka-${kafkaVersion}`)

export const kafka = {
  isPresent: () => existsSync(jars),
  async install() {
    if (!works('mvn', ['-v'])) {
      await installFromApt(
        ['maven'],
        "Kafka's jars come through Maven: install it (Debian and Ubuntu: apt-get install maven; macOS: brew install maven).",
      )
    }
    if (stop.signal.aborted) return
    say("Fetching Kafka's jars (once) ...")
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

/** Without it some tests are skipped, and the others run. */
async function orSkip(tests, install) {
  try {
    await install()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    say(`${error.message}\nGoing on without it: ${tests} are skipped.`)
  }
}

/** The tests of the dashboard need a browser. */
const chromium = {
  isPresent() {
    const names = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome']
    return names.some((name) => name !== undefined && works(name, ['--version']))
  },
  install: () =>
    orSkip('the tests in a browser', () =>
      installFromApt(
        ['chromium'],
        'The tests in a browser need Chromium: install it (Debian: apt-get install chromium; elsewhere name one in CHROMIUM).',
      ),
    ),
}

/** Where the programs of Debian's package lie. */
const prometheusFolder = join(cache, 'prometheus')

/**
 * The tests of the alerts need Prometheus. Its package is unpacked and not installed: installed, it
 * would start a service on the machine and bring others along.
 */
const prometheus = {
  isPresent: () =>
    existsSync(prometheusFolder) ||
    ['prometheus', 'promtool'].every((name) => works(name, ['--version'])),
  install: () => orSkip('the tests with Prometheus', unpackPrometheus),
}

async function unpackPrometheus() {
  if (!works('apt-get', ['--version'])) {
    throw new SetupError(
      'The tests of the alerts need prometheus and promtool: install them (macOS: brew install prometheus).',
    )
  }
  say('Fetching Prometheus (once) ...')
  if (isRoot) await run('apt-get', ['update'])
  const draft = `${prometheusFolder}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  try {
    // apt names the file by its version.
    const unpack = 'apt-get download prometheus && dpkg-deb -x prometheus_*.deb .'
    if (!stop.signal.aborted) await run('sh', ['-c', unpack], { cwd: draft })
    if (!stop.signal.aborted) renameSync(draft, prometheusFolder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

export const extras = { chromium, prometheus }
