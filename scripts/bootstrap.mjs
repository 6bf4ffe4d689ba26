// Sets up what a command needs, then runs it: `node scripts/bootstrap.mjs COMMAND [ARGUMENTS]`.
// Plain JavaScript on Node's own modules, because on a bare machine there is nothing else yet.
import { readdirSync } from 'node:fs'
import { withSetupLock } from './setup/lock.mjs'
import { extras, java, kafka, packages } from './setup/needs.mjs'
import { say, SetupError, stop } from './setup/run.mjs'

/** The commands: a file each, which exports `run(args, signal)`. */
const folder = new URL('./commands/', import.meta.url)

/**
 * What some commands need: Java and Kafka's jars, what they can use beside, and whether they run
 * Pulumi, whose state may lie in a database of the user's. The others need the packages alone.
 */
const needs = {
  start: { needsKafka: true },
  test: { needsKafka: true, uses: ['chromium', 'prometheus'] },
  'test-fast': { needsKafka: true },
  verify: { needsKafka: true },
  bench: { needsKafka: true },
  fuzz: { needsKafka: true },
  'test-docker': { needsKafka: true },
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
    `This is Node ${process.versions.node}; install Node 20.19 or later (nodejs.org).`,
  )
}

/** Installs what is missing; what another command has installed meanwhile is not missing any more. */
async function setUp(needs) {
  if (needs.every((need) => need.isPresent())) return
  await withSetupLock(async () => {
    for (const need of needs) if (!stop.signal.aborted && !need.isPresent()) await need.install()
  })
}

/**
 * The shell's PGSSLMODE, PGOPTIONS and the like are about some other database, and the client of
 * Postgres takes from them whatever it is not told: ours would ask for TLS that there is none of.
 */
function forgetOtherDatabase() {
  const names = Object.keys(process.env).filter((name) => /^PG[A-Z]/.test(name))
  for (const name of names) Reflect.deleteProperty(process.env, name)
}

async function main([name = '', ...args]) {
  const known = commandNames()
  if (!known.includes(name)) {
    throw new SetupError(`There is no command "${name}"; known: ${known.join(', ')}.`)
  }
  const command = Object.hasOwn(needs, name) ? needs[name] : {}
  requireNode()
  await setUp([
    packages,
    ...(command.needsKafka ? [java, kafka] : []),
    ...(command.uses ?? []).map((name) => extras[name]),
  ])
  if (stop.signal.aborted) return 0
  if (!command.runsPulumi) forgetOtherDatabase()
  const { register } = await import('tsx/esm/api')
  register()
  const { run: runCommand } = await import(new URL(`${name}.ts`, folder).href)
  return runCommand(args, stop.signal)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  say(error instanceof SetupError ? error.message : error.stack)
  process.exitCode = 1
}
