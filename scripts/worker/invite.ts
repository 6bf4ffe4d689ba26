import { UserError } from '../../infra/checks/user-error.ts'
import { machineAddresses } from '../../services/runtime/process/network/machine-addresses.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import type { Address } from '../../infra/topology/addresses.ts'
import { addressText, brokerForWorkers, isOpenForWorkers } from '../../infra/topology/addresses.ts'
import { roles } from '../../services/adapters/postgres/driver/settings.ts'
import { print } from '../cli/output.ts'
import { quoteForShell } from '../cli/quote-for-shell.ts'
import { writeSecretFile } from '../cli/write-secret-file.ts'
import type { RunningPlatform } from '../targets/target.ts'
import { noWorkersOutside } from './reach-cluster.ts'
import { toInvitationText } from './invitation.ts'

/** `npm run worker -- invite`: writes the invitation for another machine. */
export async function invite(platform: RunningPlatform, file: string): Promise<number> {
  const { config } = platform
  if (!isOpenForWorkers(config)) throw new UserError(describeClosed(platform))
  writeSecretFile(file, await invitationText(platform), '--out')
  print(describeInvitation(config, file))
  return 0
}

async function invitationText({ config, password }: RunningPlatform): Promise<string> {
  const { kafka, postgres, worker, consumer, dashboard, services } = config
  const [ofWorker, ofReader, ofKafka] = await Promise.all([
    password('worker'),
    password('reader'),
    password('kafka-worker'),
  ])
  return toInvitationText({
    platform: config.network.name,
    kafka: {
      brokers: brokersOf(config),
      topic: kafka.topic,
      minInsyncReplicas: kafka.minInsyncReplicas,
      flushEachBatch: kafka.flushEachBatch,
      user: roles.worker,
      password: ofKafka,
    },
    postgres: {
      ...databaseOf(config),
      database: postgres.database,
      table: postgres.table,
      worker: { user: roles.worker, password: ofWorker },
      reader: { user: roles.reader, password: ofReader },
    },
    handlers: {
      processes: worker.handlerProcesses,
      megabytes: worker.handlerMegabytes,
      allowedUrls: worker.allowedUrls,
    },
    trips: dashboard.trips,
    accountCheckHours: consumer.accountCheckHours,
    logLevel: services.logLevel,
  })
}

const brokersOf = (config: PlatformConfig): Address[] =>
  Array.from({ length: config.kafka.instances }, (_, instance) =>
    brokerForWorkers(config, instance),
  )

const databaseOf = ({ worker, postgres }: PlatformConfig): Address => ({
  host: worker.hostAddress,
  port: postgres.hostPort,
})

function describeClosed({ config, unit }: RunningPlatform): string {
  if (unit === 'pod') return noWorkersOutside
  const address = machineAddresses()[0] ?? 'ADDRESS'
  const command =
    unit === 'process'
      ? `Stop the platform, and start it with an address of this machine that the other machine reaches:\n  npm start -- --set worker.hostAddress=${address}`
      : `Set "worker": { "hostAddress": "${address}" } in the configuration, with an address of this machine that the other machine reaches, and apply it:\n  scripts/launch-infra.sh`
  return [
    'Kafka and Postgres listen only on this machine, because worker.hostAddress is empty. A worker on another machine cannot reach them.',
    command,
    `Then Kafka also listens on port ${portsOf(config)} of that address, and Postgres on port ${config.postgres.hostPort}. Both require the passwords of the invitation. The connections are not encrypted: choose an address of a network in which you trust every machine, or of a VPN.`,
  ].join('\n')
}

function describeInvitation(config: PlatformConfig, file: string): string {
  const brokers = brokersOf(config).map((broker) => `${addressText(broker)} (Kafka)`)
  const database = `${addressText(databaseOf(config))} (Postgres)`
  const { folder } = config.worker
  const ofUser = folder === '' ? '' : ` and the handlers of ${folder}`
  const option = folder === '' ? '' : ' --folder FOLDER'
  return [
    `Wrote ${file}. It contains the passwords of the workers: keep it secret.`,
    'On the other machine:',
    '  1. Clone the same commit of av-telemetry.',
    `  2. Copy the file${ofUser} to it, e.g. with scp.`,
    `  3. In the clone: npm run worker -- --invitation ${quoteForShell(fileName(file))}${option}`,
    `The other machine must reach ${[...brokers, database].join(', ')}. Open these ports in the firewall of this machine, only for the other machine. The connections are not encrypted.`,
  ].join('\n')
}

const fileName = (file: string): string => file.split('/').at(-1) ?? file

function portsOf({ worker, kafka }: PlatformConfig): string {
  const last = worker.kafkaHostPort + kafka.instances - 1
  return kafka.instances === 1 ? `${last}` : `${worker.kafkaHostPort} to ${last}`
}
