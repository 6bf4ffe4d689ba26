import { resolve } from 'node:path'
import { InputError } from '../../infra/checks/user-error.ts'
import { checkUserFiles } from '../../infra/checks/user-files.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { toConfig } from '../../infra/config/config.ts'
import { hasOwnKafka } from '../../infra/topology/external/kafka.ts'
import { usesExternalPostgres } from '../../infra/topology/external/postgres.ts'
import type { PipelineDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import { DeclarationFolder } from '../../services/worker/declarations/read-folder.ts'
import { scratchDatabase } from '../platform/external/scratch-database.ts'
import { scratchTopic } from '../platform/external/scratch-topic.ts'
import { root } from '../platform/paths.ts'
import type { Checked } from './finding.ts'
import { checkKafka } from './kafka/check-kafka.ts'
import type { NeededKafkaRights } from './kafka/needed-rights.ts'
import { neededForScratch, neededKafkaRights } from './kafka/needed-rights.ts'
import { checkPostgres } from './check-postgres.ts'

/**
 * Asks the existing servers of a configuration what they allow. Nothing is made. A server that does not answer is a
 * finding, so that the other one is checked too.
 *
 * @throws InputError if the configuration names no existing server, or a file of it cannot be used
 */
export async function checkServers(config: PlatformConfig): Promise<Checked> {
  requireExisting(config)
  const needed = neededKafkaRights(config, await readPipelines(config))
  return combine(await ask(config, needed))
}

/** The same, with what `npm run verify` and `npm run bench` need for the platforms that they start. */
export async function checkServersForVerify(config: PlatformConfig): Promise<Checked> {
  const own = await checkServers(config)
  const settings = [...scratchTopic(config), ...scratchDatabase(config)]
  const scratch = toConfig(structuredClone(config), settings)
  const { findings } = combine(await ask(scratch, neededForScratch(scratch)))
  return combine([own, { findings, notes: [] }])
}

function requireExisting(config: PlatformConfig): void {
  if (hasOwnKafka(config) && !usesExternalPostgres(config))
    throw new InputError(
      'The configuration names no existing server, so there is nothing to check. Set kafka.external.brokers or postgres.external.host.',
    )
  checkUserFiles(config, root)
}

/** Both servers at the same time. */
function ask(config: PlatformConfig, needed: NeededKafkaRights): Promise<Checked[]> {
  return Promise.all([
    ...(hasOwnKafka(config) ? [] : [checkKafka(config, needed)]),
    ...(usesExternalPostgres(config) ? [checkPostgres(config)] : []),
  ])
}

/** Each right once. */
function combine(checked: readonly Checked[]): Checked {
  const findings = checked.flatMap((each) => each.findings)
  const byRight = new Map(
    findings.map((finding) => [`${finding.server} ${finding.right}`, finding]),
  )
  return { findings: [...byRight.values()], notes: checked.flatMap(({ notes }) => notes) }
}

/** The pipelines that a worker would run. Files with faults are left out: a worker does not run them either. */
async function readPipelines({ worker }: PlatformConfig): Promise<PipelineDeclaration[]> {
  if (worker.folder === '') return []
  const files = await new DeclarationFolder(resolve(root, worker.folder))
    .read()
    .catch((error: unknown) => {
      throw new InputError((error as Error).message)
    })
  return files.flatMap(({ parsed }) => (parsed.ok ? [parsed.declaration] : []))
}
