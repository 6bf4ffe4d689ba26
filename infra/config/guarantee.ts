import { hasOwnKafka } from '../topology/external/kafka.ts'
import { usesExternalPostgres } from '../topology/external/postgres.ts'
import type { PlatformConfig } from './config-schema.ts'
import type { KafkaFacts } from './external/kafka-guarantee.ts'
import { describeExternalKafka } from './external/kafka-guarantee.ts'
import { unaskedPostgres } from './external/postgres-guarantee.ts'

/**
 * The delivery guarantee of a configuration: sentences that say what is promised, which failures it
 * survives, and which it does not.
 *
 * @param oneMachine whether all our brokers run on one machine
 * @param facts what an existing Kafka says; undefined if it was not asked
 */
export function describeGuarantee(
  config: PlatformConfig,
  oneMachine = true,
  facts?: KafkaFacts,
): string[] {
  return [
    'Acknowledged means stored, exactly once: every reading that is answered with 202 becomes one row, or one dead letter with the reason.',
    'It survives the crash of any process of the platform.',
    ...(hasOwnKafka(config)
      ? describeOwnKafka(config.kafka, oneMachine)
      : describeExternalKafka(facts, { brokers: brokerSentence, hours: formatHours })),
    ...(usesExternalPostgres(config) ? [unaskedPostgres] : []),
  ]
}

function describeOwnKafka(kafka: PlatformConfig['kafka'], oneMachine: boolean): string[] {
  return [
    brokerSentence(kafka),
    diskSentence(kafka, oneMachine),
    `It survives a database outage of up to ${formatHours(kafka.retentionHours)}, or until the disk is full.`,
  ]
}

type Replication = Pick<PlatformConfig['kafka'], 'replicationFactor' | 'minInsyncReplicas'>

function brokerSentence({ replicationFactor, minInsyncReplicas }: Replication): string {
  if (replicationFactor === 1) {
    return 'Each record is on one broker. While that broker is down, readings are refused with 503 and must be sent again.'
  }
  const spare = replicationFactor - minInsyncReplicas
  const acknowledged = `Each record is on ${replicationFactor} brokers and acknowledged by at least ${minInsyncReplicas}`
  if (spare === 0)
    return `${acknowledged}. While one of them is down, readings are refused with 503.`
  const brokers = spare === 1 ? 'one broker' : `${spare} brokers`
  return `${acknowledged}. Readings are still accepted with ${brokers} down.`
}

function diskSentence(kafka: PlatformConfig['kafka'], oneMachine: boolean): string {
  const copies = kafka.minInsyncReplicas
  const losses =
    copies > 1 && !oneMachine
      ? `It survives the loss of ${copies - 1 === 1 ? 'one broker’s disk' : `${copies - 1} brokers’ disks`}.`
      : 'It does not survive the loss of the disk.'
  if (kafka.flushEachBatch) {
    return `Each batch is on disk before it is acknowledged: it survives a power cut. ${losses}`
  }
  if (copies > 1 && !oneMachine) {
    return `Kafka acknowledges from memory: a power cut of ${copies} brokers at the same time may lose the last seconds. ${losses}`
  }
  return `Kafka acknowledges from memory: a power cut may lose the last seconds (kafka.flushEachBatch prevents that). ${losses}`
}

function formatHours(count: number): string {
  if (count === 1) return '1 hour'
  return count % 24 === 0 && count >= 48 ? `${count / 24} days` : `${count} hours`
}
