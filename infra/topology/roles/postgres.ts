import { isOpenForWorkers } from '../addresses.ts'
import type { Env } from '../environment.ts'
import {
  databaseName,
  databaseTlsEnv,
  externalAddress,
  usesExternalPostgres,
} from '../external/postgres.ts'
import type { PlanContext, RoleFile } from '../role-file.ts'

/** Stores the readings and the ledgers. It does not run if the user runs a server (`postgres.external`). */
export const postgres: RoleFile = {
  name: 'postgres',
  instances: (config) => (usesExternalPostgres(config) ? 0 : config.postgres.instances),
  needs: [],
  // "Fast shutdown": SIGTERM would wait until every client has disconnected (PostgreSQL documentation, 18.5).
  stop: { rank: 6, graceMs: 3_000, signal: 'SIGINT' },
  ports: {
    main: {
      container: 5432,
      host: ({ postgres }) => postgres.hostPort,
      key: 'postgres.hostPort',
    },
    workers: {
      container: 5432,
      host: ({ postgres }) => postgres.hostPort,
      key: 'postgres.hostPort',
      isOpen: isOpenForWorkers,
      hostAddress: ({ worker }) => ({ host: worker.hostAddress, hostKey: 'worker.hostAddress' }),
    },
  },
  image: { from: 'postgres', isBuilt: false },
  memoryBesideHeapMegabytes: 1_024,
  secrets: ['owner'],
  // Since version 18 the official image has one folder for each version below this one.
  volume: { path: '/var/lib/postgresql' },
  watch: { port: 'main', path: () => '' },
  plan: (context) => ({
    settings: settingsFor(context),
    ...(isOpenForWorkers(context.config) && { access: accessFor(context) }),
    ready: { kind: 'sql', address: context.placement.reach(postgres.name, 0, 'main') },
  }),
}

/** `postgresql.conf`. Memory is for a small machine. Durability settings are Postgres' defaults, set explicitly. */
function settingsFor({
  config,
  placement,
  databaseConnections,
}: PlanContext): Record<string, string> {
  const { host, port } = placement.listen(postgres.name, 0, 'main')
  const isOpen = isOpenForWorkers(config)
  const forWorkers = isOpen ? [placement.listen(postgres.name, 0, 'workers').host] : []
  return {
    listen_addresses: [...new Set([host, ...forWorkers])].join(','),
    port: String(port),
    fsync: 'on',
    synchronous_commit: 'on',
    shared_buffers: '96MB',
    // The default is 1/32 of shared_buffers. Sessions that write rows would then wait for other sessions' commits.
    wal_buffers: '16MB',
    max_wal_size: '1GB',
    max_connections: String(
      maxConnections(databaseConnections) + (isOpen ? connectionsForWorkers : 0),
    ),
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // After a network failure, a session must not hold its ledger row for two hours.
    tcp_keepalives_idle: '10',
    tcp_keepalives_interval: '5',
    tcp_keepalives_count: '3',
  }
}

/** Enough for three workers on other machines with all their connections. */
const connectionsForWorkers = 100

/** Other machines may log in only as the roles of a worker. */
function accessFor({ placement }: PlanContext): string[] {
  return [
    ...placement.databaseAccess,
    'host all telemetry_worker,telemetry_reader all scram-sha-256',
  ]
}

/** Postgres' default, or more if many instances may be busy at the same time. */
function maxConnections(ofServices: number): number {
  const forPeople = 20
  return Math.max(100, forPeople + ofServices)
}

/** The variables that name Postgres, for our services. */
export function postgresEnv(context: PlanContext): Env {
  const { config, placement } = context
  const { host, port } = usesExternalPostgres(config)
    ? (placement.databaseAddress ?? externalAddress(config))
    : placement.reach(postgres.name, 0, 'main')
  return {
    POSTGRES_HOST: host,
    POSTGRES_PORT: String(port),
    POSTGRES_DATABASE: databaseName(config),
    POSTGRES_TABLE: config.postgres.table,
    ...databaseTlsEnv(context),
  }
}
