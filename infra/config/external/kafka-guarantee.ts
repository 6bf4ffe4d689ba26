/** What an existing Kafka says about the topic of the readings. */
export type KafkaFacts = {
  /** The smallest number of brokers that hold a partition. */
  readonly replicationFactor: number
  /** Settings of the topic by name; undefined if Kafka denies the right to read them. */
  readonly settings: ReadonlyMap<string, string> | undefined
}

type BrokerFacts = { readonly replicationFactor: number; readonly minInsyncReplicas: number }

type Sentences = {
  readonly brokers: (facts: BrokerFacts) => string
  readonly hours: (count: number) => string
}

const notRead =
  'It uses an existing Kafka. How many failures of brokers it survives, and how long an outage of the database may last, depends on the topic: npm run status reads it from Kafka and says it here.'

/** Kafka describes brokers and topics, but not the machines that they run on. */
const notKnown =
  'Kafka does not tell whether its brokers share a machine, a disk or a power supply: a failure of what they share may lose acknowledged readings.'

/**
 * The part of the guarantee that depends on an existing Kafka, as sentences.
 *
 * @param facts undefined if Kafka was not asked, or did not answer
 */
export function describeExternalKafka(
  facts: KafkaFacts | undefined,
  sentences: Sentences,
): string[] {
  if (facts === undefined) return [notRead]
  const { replicationFactor, settings } = facts
  if (settings === undefined) {
    return [
      `Each record is on ${counted(replicationFactor)}. Kafka denies the right to read the settings of the topic (DescribeConfigs), so it is not known how many of them have a record when it is acknowledged, and how long an outage of the database may last.`,
      notKnown,
    ]
  }
  const minInsyncReplicas = Number(settings.get('min.insync.replicas') ?? 1)
  return [
    sentences.brokers({ replicationFactor, minInsyncReplicas }),
    ...leaderSentences(settings),
    `${flushSentence(settings)} ${notKnown}`,
    outageSentence(settings, sentences),
  ]
}

const counted = (brokers: number): string => (brokers === 1 ? 'one broker' : `${brokers} brokers`)

function leaderSentences(settings: ReadonlyMap<string, string>): string[] {
  if (settings.get('unclean.leader.election.enable') !== 'true') return []
  return [
    'A broker that lacks records may become leader of a partition (unclean.leader.election.enable), so the loss of a broker may lose acknowledged readings.',
  ]
}

function flushSentence(settings: ReadonlyMap<string, string>): string {
  return settings.get('flush.messages') === '1'
    ? 'Each batch is on disk before it is acknowledged.'
    : 'Kafka acknowledges from memory (flush.messages).'
}

function outageSentence(settings: ReadonlyMap<string, string>, { hours }: Sentences): string {
  const retentionMs = Number(settings.get('retention.ms') ?? Number.NaN)
  const bytes = Number(settings.get('retention.bytes') ?? -1)
  const size = bytes < 0 ? '' : `, or until a partition has ${bytes} bytes (retention.bytes)`
  const full = `${size}, or until the disk of Kafka is full.`
  if (Number.isNaN(retentionMs))
    return 'Kafka does not tell how long it keeps records (retention.ms), so it is not known how long an outage of the database may last.'
  if (retentionMs < 0) return `It survives a database outage without a limit of time${full}`
  return `It survives a database outage of up to ${hours(Math.floor(retentionMs / 3_600_000))}${full}`
}
