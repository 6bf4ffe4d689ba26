import type { PostgresDecisionStore } from '../../adapters/postgres/pipelines/decision-store.ts'
import type { Declaration } from '../../pipelines/declaration/declaration.ts'
import type { DeclaredRow } from '../../pipelines/decode/decode-record.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { StreamPipeline } from '../../stream/stream.ts'

export type RequestedDecisions = Pick<PostgresDecisionStore, 'request'>

type ToDecide = {
  readonly decisions: RequestedDecisions
  readonly declaration: Declaration
  readonly logger: Logger
}

/**
 * A table without a key would get every record of another log once more. So the pipeline is paused
 * there until a user decides. A table with a key recognizes repeated records.
 */
export function requestDecision({
  declaration,
  decisions,
  logger,
}: ToDecide): Pick<StreamPipeline<DeclaredRow>, 'onAnotherLog'> {
  const { name, topic, table } = declaration
  if (table.key.length > 0) return {}
  return {
    onAnotherLog: async ({ afterLog, reason }) => {
      const sentence = `The topic ${topic.name} was replaced by another log (${reason}). Nothing of it is read until you decide where to begin: npm run pipeline -- resume ${name} --from earliest (all records that the topic has now), or --from latest (only later ones).`
      if (!(await decisions.request(name, afterLog, sentence))) return
      logger.error({ topic: topic.name, afterLog, reason }, 'pipeline-needs-decision')
    },
  }
}
