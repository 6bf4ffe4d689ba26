import { z } from 'zod'
import { instances, port, text } from './schema-kinds.ts'

const passwordFile = (role: string) =>
  z
    .string()
    .default('')
    .describe(
      `File with the password of the role ${role}, relative to the clone: one line of visible ASCII characters without spaces.`,
    )

const tls = z.strictObject({
  mode: z
    .enum(['disable', 'require', 'verify-ca', 'verify-full'])
    .default('verify-full')
    .describe(
      'How connections are encrypted, and how the server proves who it is. disable: not encrypted. require: encrypted, the certificate is not checked. verify-ca: an authority that you trust has signed the certificate. verify-full: also, the certificate names postgres.external.host.',
    ),
  authorityFile: z
    .string()
    .default('')
    .describe(
      'PEM file with the certificate authorities to trust, relative to the clone. Empty: the public authorities that Node.js trusts.',
    ),
})

const roles = z.strictObject({
  given: z
    .boolean()
    .default(false)
    .describe(
      'false: the owner has CREATEROLE, and the platform makes the roles telemetry_writer, telemetry_worker, telemetry_operator, telemetry_reader and telemetry_step. true: an administrator has made them, and the files below have their passwords.',
    ),
  writerPasswordFile: passwordFile('telemetry_writer'),
  workerPasswordFile: passwordFile('telemetry_worker'),
  operatorPasswordFile: passwordFile('telemetry_operator'),
  readerPasswordFile: passwordFile('telemetry_reader'),
})

const external = z.strictObject({
  host: text(
    /^(?:[A-Za-z0-9.-]+|[0-9A-Fa-f:.]+)?$/,
    'expected a host name or an IP address without a port, or an empty text',
  )
    .default('')
    .describe(
      'Host of an existing Postgres server of version 18 or later. The platform then starts no Postgres. Empty: the platform starts a Postgres.',
    ),
  port: port(5432, 'Port of the existing server.'),
  database: text(/^(?:[a-z_][a-z0-9_]{0,62})?$/, 'expected a lower-case SQL name, or an empty text')
    .default('')
    .describe(
      'Database on the existing server. It must exist and belong to postgres.external.user. Empty: postgres.database.',
    ),
  user: text(/^[A-Za-z_][A-Za-z0-9_.@-]{0,62}$/, "expected letters, digits, '_', '.', '@' and '-'")
    .default('av_telemetry')
    .describe('Role that owns the database. It needs no superuser.'),
  passwordFile: z
    .string()
    .default('')
    .describe(
      'File with the password of postgres.external.user, relative to the clone: one line of visible ASCII characters without spaces.',
    ),
  tls: tls.prefault({}).describe('TLS of connections to the existing server.'),
  roles: roles.prefault({}).describe('The roles of the services on the existing server.'),
  ignoreOwnData: z
    .boolean()
    .default(false)
    .describe(
      'Whether the platform may start with postgres.external.host beside data of the Postgres that it ran before. Set it to true after the rows are moved (docs/external-postgres.md). On Docker and Kubernetes, the next up then deletes the old data, unless postgres.keepData is true. false: the platform does not start.',
    ),
})

/** The section `postgres` of the configuration. */
export const postgres = z.strictObject({
  instances: instances(1, 'Number of Postgres servers. Always 1.'),
  hostPort: port(54321, 'Port of Postgres on loopback.'),
  database: text(/^[a-z_][a-z0-9_]{0,62}$/, 'expected a lower-case SQL name')
    .default('av_telemetry')
    .describe('Database that holds the readings.'),
  table: text(/^[a-z_][a-z0-9_]{0,39}$/, 'expected a lower-case SQL name of up to 40 characters')
    .default('diag')
    .describe('Table that holds the readings.'),
  retentionDays: z
    .int()
    .min(1)
    .max(36_500)
    .default(30)
    .describe(
      'Readings older than this many days are refused. The rows of a day are deleted together, two days after the whole day has passed this age.',
    ),
  keepData: z
    .boolean()
    .default(false)
    .describe(
      'Docker and Kubernetes. true: `pulumi destroy` keeps the volumes of Postgres, Kafka, ZooKeeper, the S3 server and the passwords, and the next `pulumi up` continues with them.',
    ),
  external: external
    .prefault({})
    .describe('A Postgres server that you run. Empty host: the platform starts a Postgres.'),
})
