import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import type { KafkaSettings } from '../../../services/adapters/kafka/client.ts'
import { accessFaultOf } from '../../../services/adapters/kafka/connection/access-fault.ts'
import { kafkaSettingsOf, openBrokers } from '../../platform/kafka-queries.ts'
import type { KafkaOperation } from '../../../services/adapters/kafka/requests/rights/allowed-operations.ts'
import type { TopicRights } from '../../../services/adapters/kafka/kafka-rights.ts'
import { KafkaRights } from '../../../services/adapters/kafka/kafka-rights.ts'
import type { Checked, Finding } from '../finding.ts'
import type { AclTarget, MissingAcl } from './acl-command.ts'
import { aclCommand, describeAcl } from './acl-command.ts'
import { checkTopics } from './check-topics.ts'
import type { NeededGroup, NeededKafkaRights, NeededTopic } from './needed-rights.ts'

/** Asks Kafka for each right that the platform needs. Changes nothing. */
export async function checkKafka(
  config: PlatformConfig,
  needed: NeededKafkaRights,
): Promise<Checked> {
  const settings = kafkaSettingsOf(config, undefined)
  const target = { brokers: settings.brokers, user: userOf(settings) }
  await using rights = new KafkaRights(openBrokers(settings))
  try {
    await rights.connect()
    const findings = await checkKafkaRights(rights, needed, target)
    const topics = await checkTopics(config, settings)
    return { findings: [...findings, ...topics.findings], notes: topics.notes }
  } catch (error) {
    return { findings: [connectionFault(target, error)], notes: [] }
  }
}

/** Kafka's name for a user without a login. */
const anonymous = 'ANONYMOUS'

function userOf({ login }: KafkaSettings): string {
  if (login === undefined) return anonymous
  if ('username' in login) return login.username
  return readFileSync(login.usernameFile, 'utf8').split(/\r?\n/, 1)[0] ?? anonymous
}

/** Kafka could not be asked. */
function connectionFault({ brokers, user }: AclTarget, error: unknown): Finding {
  const reason = (accessFaultOf(error) ?? (error as Error).message).replace(/\.?$/, '.')
  return {
    server: 'Kafka',
    right: `a connection to ${brokers.join(', ')} as ${user}`,
    isAllowed: false,
    remedy: `${reason} The rights are checked when the connection works.`,
  }
}

type Asked = Pick<KafkaRights, 'ofTopic' | 'mayJoin'>

/** Asks for the needed rights, one after the other. */
export async function checkKafkaRights(
  asked: Asked,
  needed: NeededKafkaRights,
  target: AclTarget,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const topic of needed.topics) {
    const rights = await asked.ofTopic(topic.planned, topic.operations)
    findings.push(...findingsOfTopic(topic, rights, target))
  }
  for (const group of needed.groups) {
    const mayRead = await asked.mayJoin(nameIn(group))
    const acl: MissingAcl = { resource: 'group', ...group, operation: 'Read' }
    findings.push(toFinding(acl, mayRead, target))
  }
  return findings
}

/** A name that no group has, if the right is needed for all groups with a prefix. */
function nameIn({ name, isPrefix }: NeededGroup): string {
  return isPrefix ? `${name}${randomUUID()}` : name
}

/** `Create` is only needed for a topic that does not exist. */
function findingsOfTopic(
  { planned, operations }: NeededTopic,
  rights: TopicRights,
  target: AclTarget,
): Finding[] {
  const needed: KafkaOperation[] =
    rights.exists === true ? [...operations] : ['Create', ...operations]
  const findings = needed.map((operation) => {
    const acl = { resource: 'topic', name: planned.topic, isPrefix: false, operation } as const
    return toFinding(acl, rights.allowed.has(operation), target)
  })
  return rights.refusal === undefined
    ? findings
    : [...findings, refusedTopic(planned.topic, rights.refusal)]
}

function toFinding(acl: MissingAcl, isAllowed: boolean, target: AclTarget): Finding {
  const finding = { server: 'Kafka', right: describeAcl(acl), isAllowed } as const
  return isAllowed ? finding : { ...finding, remedy: aclCommand(acl, target) }
}

/** The brokers would refuse the topic as the configuration describes it. */
function refusedTopic(topic: string, refusal: string): Finding {
  const sentence = refusal.replace(/\.?$/, '.')
  return {
    server: 'Kafka',
    right: `the topic ${topic} as configured`,
    isAllowed: false,
    remedy: `${sentence} Change the section kafka of the configuration, or let an administrator create the topic.`,
  }
}
