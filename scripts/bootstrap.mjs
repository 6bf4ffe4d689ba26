// Sets up what a command needs, then runs it: `node scripts/bootstrap.mjs COMMAND [ARGUMENTS]`.
// Plain JavaScript on Node's own modules, because on a bare machine there is nothing else yet.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const kafkaPom = join(root, 'infra', 'local', 'kafka', 'pom.xml')
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'av-telemetry')

/** What each command is, whether it needs Java and Kafka's jars, and what it can use beside. */
const commands = {
  start: { module: './start.ts', needsKafka: true },
  test: { module: './test.ts', needsKafka: true, uses: ['chromium', 'prometheus'] },
  fleet: { module: './launch-fleet.ts', needsKafka: false },
  status: { module: './status.ts', needsKafka: false },
  sql: { module: './sql.ts', needsKafka: false },
  verify: { module: './verify.ts', needsKafka: true },
  bench: { module: './bench.ts', needsKafka: true },
  size: { module: './size.ts', needsKafka: false },
  'dead-letters': { module: './dead-letters.ts', needsKafka: false },
  'launch-infra': { module: './launch-infra.ts', needsKafka: false },
  'teardown-infra': { module: './teardown-infra.ts', needsKafka: false },
  fuzz: { module: './fuzz.ts', needsKafka: true },
  'test-docker': { module: './test-docker.ts', needsKafka: true },
}

/** Something a person has to do; its message is the sentence that says what. */
class SetupError extends Error {}

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stop.abort())
// A reader of our output that goes away must not take the platform with it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

function say(text) {
  process.stderr.write(`${text}\n`)
}

/** Runs a program to its end, in a process group of its own so that our signals decide. */
function run(file, args, { isInterruptible = true, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    })
    let output = ''
    // The first lines say what is wrong; what follows is advice.
    const keep = (chunk) => (output = (output + chunk).slice(0, 2000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const end = () => {
      if (!isInterruptible) {
        say(`Letting ${file} finish, as it would leave the system half installed; then stopping.`)
        return
      }
      try {
        process.kill(-child.pid, 'SIGTERM')
      } catch {
        // It has ended by itself.
      }
    }
    stop.signal.addEventListener('abort', end)
    child.on('error', reject)
    child.on('close', (code) => {
      stop.signal.removeEventListener('abort', end)
      if (stop.signal.aborted || code === 0) resolve()
      else reject(new SetupError(`${[file, ...args].join(' ')} failed:\n${output.trim()}`))
    })
  })
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new SetupError(
    `This is Node ${process.versions.node}; install Node 20.19 or later (nodejs.org).`,
  )
}

/** One set-up at a time: two would write into the same folders. */
async function withSetupLock(work) {
  const lock = join(root, '.setup-lock')
  const draft = `${lock}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  writeFileSync(join(draft, 'pid'), String(process.pid))
  try {
    for (let said = false; !tookLock(draft, lock); said = true) {
      if (!said) say('Another command is setting up; waiting for it.')
      await wait(300)
      if (stop.signal.aborted) return
    }
    try {
      await work()
    } finally {
      rmSync(lock, { recursive: true, force: true })
    }
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** A folder appears under the lock's name with the holder's number in it, or not at all. */
function tookLock(draft, lock) {
  if (existsSync(lock) && !holderLives(lock)) rmSync(lock, { recursive: true, force: true })
  try {
    renameSync(draft, lock)
    return true
  } catch (error) {
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false
    throw error
  }
}

function holderLives(lock) {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const stampFile = join(root, 'node_modules', '.av-telemetry-lock')
/** What says which packages there are, and what is mended in them. */
const packageFiles = ['package-lock.json', 'services/adapters/kafka/patches/kafkajs+2.2.4.patch']

function digestOfPackages() {
  const digest = createHash('sha256')
  for (const file of packageFiles) digest.update(readFileSync(join(root, file)))
  return digest.digest('hex')
}

/** The packages are those of the lock file; npm's own check of that takes seconds, this one none. */
function packagesArePresent() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === digestOfPackages()
}

const packages = {
  isPresent: packagesArePresent,
  async install() {
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

const java = {
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

const kafkaVersion = /<version>([^<]+)<\/version>/.exec(readFileSync(kafkaPom, 'utf8'))[1]
const jars = join(cache, `kafka-${kafkaVersion}`)

const kafka = {
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

const extras = { chromium, prometheus }

/** Installs what is missing; what another command has installed meanwhile is not missing any more. */
async function setUp(needs) {
  if (needs.every((need) => need.isPresent())) return
  await withSetupLock(async () => {
    for (const need of needs) if (!stop.signal.aborted && !need.isPresent()) await need.install()
  })
}

async function main([name = '', ...args]) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    throw new SetupError(
      `There is no command "${name}"; known: ${Object.keys(commands).join(', ')}.`,
    )
  }
  requireNode()
  await setUp([
    packages,
    ...(command.needsKafka ? [java, kafka] : []),
    ...(command.uses ?? []).map((name) => extras[name]),
  ])
  if (stop.signal.aborted) return 0
  const { register } = await import('tsx/esm/api')
  register()
  const { run: runCommand } = await import(command.module)
  return runCommand(args, stop.signal)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  say(error instanceof SetupError ? error.message : error.stack)
  process.exitCode = 1
}
