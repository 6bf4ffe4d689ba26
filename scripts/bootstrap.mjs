// Installs what a command needs, then runs it: `node scripts/bootstrap.mjs COMMAND [ARGUMENTS]`.
// Plain JavaScript with Node's own modules, because a new machine has nothing else yet.
import { existsSync, readdirSync } from 'node:fs'
import { clearInterval, setInterval } from 'node:timers'
import { pathToFileURL } from 'node:url'
import { extras } from './setup/extras.mjs'
import { withSetupLock } from './setup/lock.mjs'
import { requireOpenFiles } from './setup/open-files.mjs'
import { java, kafka, packages } from './setup/needs.mjs'
import { bundleProgram } from './setup/program-bundle.mjs'
import { print, SetupError, stop, stopWithoutReader, wrongInput } from './setup/run.mjs'

/**
 * The folder of the commands. Each file exports `run(args, signal)`. One that may use an existing Kafka also exports
 * `startsKafka(args)`, whether it starts a Kafka itself.
 */
const folder = new URL('./commands/', import.meta.url)

/**
 * What some commands need: Java and Kafka's jars, optional programs (`uses`), and whether they run
 * Pulumi, whose state may be in a database of the user. All other commands need only the npm packages.
 * `endsWithReader`: a command that stops when the reader of its output ends, for example in `npm run worker | head`.
 */
const needs = {
  start: { needsKafka: true },
  test: {
    needsKafka: true,
    uses: ['chromium', 'clickhouse', 'kafka4', 'prometheus', 'schemathesis', 'tika', 'versitygw'],
  },
  'test-fast': { needsKafka: true },
  verify: { needsKafka: true, endsWithReader: true },
  bench: { needsKafka: true, endsWithReader: true },
  fuzz: { needsKafka: true, uses: ['schemathesis'], endsWithReader: true },
  fleet: { endsWithReader: true },
  worker: { endsWithReader: true },
  'test-docker': { needsKafka: true, uses: ['versitygw'] },
  'test-kubernetes': { needsKafka: true },
  'launch-infra': { runsPulumi: true },
  'teardown-infra': { runsPulumi: true },
}

function commandNames() {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'))
  return files.map((file) => file.replace(/\.ts$/, ''))
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new SetupError(
    `This is Node.js ${process.versions.node}. Install Node.js 20.19 or later (nodejs.org).`,
  )
}

/**
 * Installs what is missing. It checks again inside the lock, because another command may have
 * installed it.
 */
async function setUp(needs) {
  if (needs.every((need) => need.isPresent())) return
  await withSetupLock(async () => {
    for (const need of needs) if (!stop.signal.aborted && !need.isPresent()) await need.install()
  })
}

/**
 * PGSSLMODE, PGOPTIONS and similar variables of the shell are for another database. The Postgres client
 * reads them as defaults; PGSSLMODE, for example, would request TLS, which our server does not have.
 */
function removePostgresVariables() {
  const names = Object.keys(process.env).filter((name) => /^PG[A-Z]/.test(name))
  for (const name of names) Reflect.deleteProperty(process.env, name)
}

/**
 * Loads the bundle of a command. Without one it loads the sources, for example in the clone of another user, or to
 * report an error in a source.
 */
async function loadCommand(name) {
  // `buildSync` of esbuild then runs a process that ends. Otherwise one with 460 MB stays as long as this one.
  process.env.ESBUILD_WORKER_THREADS = '0'
  const bundle = await bundleProgram(`scripts/commands/${name}.ts`)
  if (bundle !== undefined) {
    process.setSourceMapsEnabled(true)
    try {
      return await import(pathToFileURL(bundle).href)
    } catch (error) {
      // Another process has made a new bundle and removed this one.
      if (existsSync(bundle)) throw error
    }
  }
  const { register } = await import('tsx/esm/api')
  register()
  return import(new URL(`${name}.ts`, folder).href)
}

/** What a command needs. @throws SetupError if there is no such command */
function needsOf(name) {
  const known = commandNames()
  if (known.includes(name)) return { uses: [], ...needs[name] }
  const sentence = `Unknown command "${name}". Known commands: ${known.join(', ')}.`
  throw new SetupError(sentence, wrongInput)
}

async function main([name = '', ...args]) {
  const command = needsOf(name)
  if (command.endsWithReader) stopWithoutReader()
  requireNode()
  requireOpenFiles(command)
  await setUp([packages])
  if (stop.signal.aborted) return 0
  if (!command.runsPulumi) removePostgresVariables()
  const { run: runCommand, startsKafka } = await loadCommand(name)
  if (command.needsKafka && (startsKafka?.(args) ?? true)) await setUp([java, kafka])
  await setUp(command.uses.map((name) => extras[name]))
  if (stop.signal.aborted) return 0
  return runCommand(args, stop.signal)
}

// A command may wait for Ctrl-C alone, which does not keep a process running.
const isRunning = setInterval(() => undefined, 2 ** 30)
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  print(error instanceof SetupError ? error.message : error.stack)
  process.exitCode = error instanceof SetupError ? error.exitCode : 1
} finally {
  clearInterval(isRunning)
}
