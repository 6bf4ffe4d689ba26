import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../../../infra/config/config.ts'
import { masterConfig } from '../../../scripts/platform/paths.ts'
import { Resources } from '../../../services/runtime/resources.ts'
import { kafkaSection, postgresSection } from './external-sections.ts'
import { noKafka4 } from './kafka-programs.ts'
import { ManagedKafka } from './managed-kafka.ts'
import { ManagedPostgres } from './managed-postgres.ts'
import { neededAclsForVerify } from './needed-acls.ts'

// `node --import tsx tests/support/managed-servers/start-managed.ts FOLDER [--kafka 3|4] [--plain]`: a Kafka and a
// Postgres that are set up like managed ones, until Ctrl-C. They allow exactly what `npm run check-servers -- --verify`
// asks for. FOLDER gets the configuration for them, `managed.json`. With --plain the same servers also accept clients
// without TLS, and those of Kafka without a login; `plain.json` is the configuration of such clients.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kafka: { type: 'string', default: '4' }, plain: { type: 'boolean', default: false } },
})
const [folderName] = positionals
if (folderName === undefined || (values.kafka !== '3' && values.kafka !== '4'))
  throw new Error('Name a folder for the configuration, and the line of Kafka: --kafka 3 or 4.')
const folder = resolve(folderName)
mkdirSync(folder, { recursive: true, mode: 0o700 })
const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])

await using resources = new Resources()
const kafka = await ManagedKafka.start(values.kafka, values.plain)
if (kafka === undefined) throw new Error(noKafka4)
resources.use(kafka)
const postgres = resources.use(await ManagedPostgres.start({ max_connections: '200' }))
await postgres.giveDatabase()
await postgres.makeScratchDatabase()
await postgres.makeRoles()
const acls = neededAclsForVerify(loadConfig(masterConfig).kafka.topic)
await kafka.grant(...acls)

const external = {
  kafka: kafkaSection(kafka, folder),
  postgres: postgresSection(postgres, folder, true),
}
writeConfig('managed.json', external)
if (values.plain) {
  await postgres.acceptPlain()
  await kafka.grantPlain(...acls)
  writeConfig('plain.json', {
    kafka: { brokers: kafka.plainBrokers, tls: { enabled: false } },
    postgres: { ...external.postgres, tls: { mode: 'disable' } },
  })
}
process.stdout.write('The servers run until Ctrl-C.\n')
await stopped

/** Writes a configuration for `--config`. */
function writeConfig(name: string, sections: { kafka: object; postgres: object }): void {
  const file = join(folder, name)
  const config = { kafka: { external: sections.kafka }, postgres: { external: sections.postgres } }
  writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 })
  process.stdout.write(`${file}\n`)
}
