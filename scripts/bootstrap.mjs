// Sets up what a command needs, then runs it: `node scripts/bootstrap.mjs COMMAND [ARGUMENTS]`.
// Plain JavaScript on Node's own modules, because on a bare machine there is nothing else yet.
import { withSetupLock } from './setup/lock.mjs'
import { extras, java, kafka, packages } from './setup/needs.mjs'
import { say, SetupError, stop } from './setup/run.mjs'

/**
 * What each command is, whether it needs Java and Kafka's jars, what it can use beside, and whether
 * it runs Pulumi, whose state may lie in a database of the user's.
 */
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
  'launch-infra': { module: './launch-infra.ts', needsKafka: false, runsPulumi: true },
  'teardown-infra': { module: './teardown-infra.ts', needsKafka: false, runsPulumi: true },
  fuzz: { module: './fuzz.ts', needsKafka: true },
  'test-docker': { module: './test-docker.ts', needsKafka: true },
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
  if (!command.runsPulumi) forgetOtherDatabase()
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
