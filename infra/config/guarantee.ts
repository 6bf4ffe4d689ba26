import type { PlatformConfig } from './config-schema.ts'

/**
 * The delivery guarantee of a configuration in words, a sentence an item: what is promised, what
 * it survives, and what it does not.
 *
 * @param oneMachine whether all brokers share one machine
 */
export function guaranteeInWords(config: PlatformConfig, oneMachine = true): string[] {
  const { kafka } = config
  return [
    'Acknowledged means stored, exactly once: every reading answered with 202 becomes one row, or one dead letter that says why.',
    'It survives the crash of any process of the platform.',
    brokerSentence(kafka),
    diskSentence(kafka, oneMachine),
    `A database outage is survived for up to ${hours(kafka.retentionHours)}, or until the disk is full.`,
  ]
}

function brokerSentence(kafka: PlatformConfig['kafka']): string {
  const { replicationFactor, minInsyncReplicas } = kafka
  if (replicationFactor === 1) {
    return 'Each record is on one broker: while that broker is down, readings are refused with 503 and must be sent again.'
  }
  const spare = replicationFactor - minInsyncReplicas
  const acknowledged = `Each record is on ${replicationFactor} brokers and acknowledged by at least ${minInsyncReplicas}`
  if (spare === 0)
    return `${acknowledged}: while any of them is down, readings are refused with 503.`
  const brokers = spare === 1 ? 'one broker' : `${spare} brokers`
  return `${acknowledged}: readings go on being accepted with ${brokers} down.`
}

function diskSentence(kafka: PlatformConfig['kafka'], oneMachine: boolean): string {
  const copies = kafka.minInsyncReplicas
  const losses =
    copies > 1 && !oneMachine
      ? `It survives the loss of ${copies - 1 === 1 ? 'one broker’s disk' : `${copies - 1} brokers’ disks`}.`
      : 'It does not survive the loss of the disk.'
  if (kafka.flushEachBatch) {
    return `Each batch is on the disk before it is acknowledged: a power cut is survived. ${losses}`
  }
  if (copies > 1 && !oneMachine) {
    return `Kafka acknowledges from memory: a power cut of ${copies} brokers at once may lose the last seconds. ${losses}`
  }
  return `Kafka acknowledges from memory: a power cut may lose the last seconds (kafka.flushEachBatch buys that off). ${losses}`
}

function hours(count: number): string {
  if (count === 1) return '1 hour'
  return count % 24 === 0 && count >= 48 ? `${count / 24} days` : `${count} hours`
}
