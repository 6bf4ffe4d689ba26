import type { Env } from '../environment.ts'
import type { PlanContext, RoleFile } from '../role-file.ts'

/** Stores the readings, and how far the consumers are. */
export const postgres: RoleFile = {
  name: 'postgres',
  instances: ({ postgres }) => postgres.instances,
  needs: [],
  order: { start: 1, list: 1 },
  // "Fast shutdown": SIGTERM would wait for every client to leave (PostgreSQL documentation, 18.5).
  stop: { rank: 6, graceMs: 3_000, signal: 'SIGINT' },
  ports: {
    main: {
      container: 5432,
      host: ({ postgres }) => postgres.hostPort,
      key: 'postgres.hostPort',
    },
  },
  image: { from: 'postgres', isBuilt: false },
  memoryBesideHeapMegabytes: 1_024,
  secrets: ['owner'],
  // Since 18 the official image keeps its versions' folders below this one.
  volume: { path: '/var/lib/postgresql' },
  watch: { rank: 6, port: 'main', path: () => '' },
  plan: (context) => ({
    settings: settingsFor(context),
    ready: { kind: 'sql', address: context.placement.reach(postgres.name, 0, 'main') },
  }),
}

/** `postgresql.conf`; memory is for a small box, durability is Postgres' own default, said aloud. */
function settingsFor({ placement, databaseConnections }: PlanContext): Record<string, string> {
  const listen = placement.listen(postgres.name, 0, 'main')
  return {
    listen_addresses: listen.host,
    port: String(listen.port),
    fsync: 'on',
    synchronous_commit: 'on',
    shared_buffers: '96MB',
    // By default it is a thirty-second of shared_buffers: then sessions that write rows wait for commits of others.
    wal_buffers: '16MB',
    max_wal_size: '1GB',
    max_connections: String(mostConnections(databaseConnections)),
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // A broken network must not leave a session of ours holding its ledger row for two hours.
    tcp_keepalives_idle: '10',
    tcp_keepalives_interval: '5',
    tcp_keepalives_count: '3',
  }
}

/** Postgres' own default, or more where there are many instances that may all be busy at once. */
function mostConnections(ofServices: number): number {
  const forPeople = 20
  return Math.max(100, forPeople + ofServices)
}

/** Where Postgres is, for a service of ours. */
export function postgresEnv({ config, placement }: PlanContext): Env {
  const { host, port } = placement.reach(postgres.name, 0, 'main')
  return {
    POSTGRES_HOST: host,
    POSTGRES_PORT: String(port),
    POSTGRES_DATABASE: config.postgres.database,
    POSTGRES_TABLE: config.postgres.table,
  }
}
