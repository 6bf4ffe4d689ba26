import { UserError } from '../../infra/checks/user-error.ts'
import { hasOwnKafka } from '../../infra/topology/external/kafka.ts'
import { print } from '../cli/output.ts'
import { quoteForShell } from '../cli/quote-for-shell.ts'
import { writeSecretFile } from '../cli/write-secret-file.ts'
import type { RunningPlatform } from '../targets/target.ts'
import type { Credentials } from './client-files.ts'
import { toJavaProperties, toKcatProperties } from './client-files.ts'
import type { CredentialFiles } from './request.ts'

/** `npm run kafka -- credentials`: prints the login of Kafka, or writes it into files for Kafka's tools and kcat. */
export async function credentials(
  platform: RunningPlatform,
  { properties, kcat }: CredentialFiles,
): Promise<number> {
  const { topic } = platform.config.kafka
  const where =
    platform.unit === 'pod' ? 'only in the namespace of the platform' : 'only on this machine'
  const found = await readCredentials(platform)
  if (properties !== undefined) writeSecretFile(properties, toJavaProperties(found), '--properties')
  if (kcat !== undefined) writeSecretFile(kcat, toKcatProperties(found), '--kcat')
  if (properties === undefined && kcat === undefined) print(describeLogin(found, { topic, where }))
  if (properties !== undefined) print(describeProperties(found, topic, properties))
  if (kcat !== undefined) print(describeKcat(topic, kcat))
  return 0
}

/** @throws UserError if the platform makes no login */
async function readCredentials(platform: RunningPlatform): Promise<Credentials> {
  if (!hasOwnKafka(platform.config)) throw new UserError(existingKafka)
  const { login, brokers } = await platform.kafka()
  if (login === undefined || 'passwordFile' in login) throw new UserError(noLogin)
  return { brokers, login }
}

const noLogin =
  'An earlier version of av-telemetry has started the running platform, and its Kafka requires no password. Stop the platform and start it again.'

const existingKafka =
  'The platform uses an existing Kafka (kafka.external.brokers). Its administrator gives logins to clients.'

function describeLogin(
  { brokers, login }: Credentials,
  { topic, where }: { readonly topic: string; readonly where: string },
): string {
  return [
    `Kafka listens at ${brokers.join(', ')}, ${where}. It requires this user name and password (SASL/PLAIN, without TLS):`,
    `  user      ${login.username}`,
    `  password  ${login.password}`,
    'With this password a program can read, write and delete every topic. Keep it secret.',
    'Do not write the password on a command line: other users of this machine can see it there. This command writes it into a file that only you can read:',
    '  npm run kafka -- credentials --properties client.properties     for the tools of Kafka',
    '  npm run kafka -- credentials --kcat kcat.conf                   for kcat',
    `The topic of the readings is ${topic}.`,
  ].join('\n')
}

function describeProperties({ brokers }: Credentials, topic: string, file: string): string {
  const quoted = quoteForShell(file)
  const at = `--bootstrap-server ${brokers.join(',')}`
  return [
    `Wrote ${file}. It contains the password of Kafka: keep it secret. Kafka's tools use it like this:`,
    `  kafka-topics.sh ${at} --command-config ${quoted} --list`,
    `  kafka-console-consumer.sh ${at} --consumer.config ${quoted} --topic ${topic}`,
  ].join('\n')
}

function describeKcat(topic: string, file: string): string {
  return [
    `Wrote ${file}. It contains the password of Kafka: keep it secret. kcat uses it like this:`,
    `  kcat -F ${quoteForShell(file)} -C -t ${topic}`,
  ].join('\n')
}
