import { statSync } from 'node:fs'
import { z } from 'zod'
import { InputError } from '../../infra/checks/user-error.ts'
import { trips } from '../../infra/config/sections/trips.ts'
import { readRegularFile } from '../../services/runtime/process/regular-file.ts'

/** The file with which another machine runs workers for a platform. */

const kind = 'av-telemetry worker invitation'
/** Higher after each change that an earlier version cannot read. */
const version = 1
const maxBytes = 65_536

const word = z.string().min(1)
const count = z.int().min(1)
const login = z.strictObject({ user: word, password: word })

const invitationSchema = z.strictObject({
  kind: z.literal(kind),
  version: z.literal(version),
  /** The name of the platform's network. */
  platform: word,
  kafka: z.strictObject({
    brokers: z.array(z.strictObject({ host: word, port: z.int().min(1).max(65_535) })).min(1),
    topic: word,
    minInsyncReplicas: count,
    flushEachBatch: z.boolean(),
    ...login.shape,
  }),
  postgres: z.strictObject({
    host: word,
    port: z.int().min(1).max(65_535),
    database: word,
    table: word,
    worker: login,
    reader: login,
  }),
  handlers: z.strictObject({ processes: count, megabytes: count, allowedUrls: z.string() }),
  trips,
  accountCheckHours: count,
  logLevel: z.enum(['error', 'warn', 'info', 'debug']),
})

export type Invitation = z.infer<typeof invitationSchema>

/** The content of the file. */
export function toInvitationText(invitation: Omit<Invitation, 'kind' | 'version'>): string {
  return `${JSON.stringify({ kind, version, ...invitation }, null, 2)}\n`
}

/** @throws InputError that says what is wrong with the file */
export function readInvitation(file: string): Invitation {
  const tree = parse(file)
  const { kind: ownKind, version: ownVersion } = headOf(tree)
  if (ownKind !== kind) {
    throw new InputError(
      `${file} is not an invitation. Copy the file that "npm run worker -- invite" has written on the machine of the platform.`,
    )
  }
  if (ownVersion !== version) {
    throw new InputError(
      `${file} is an invitation of version ${JSON.stringify(ownVersion)}, and this clone reads version ${version}. Use the same commit of av-telemetry on both machines, and invite again.`,
    )
  }
  const { data, error } = invitationSchema.safeParse(tree)
  if (data !== undefined) return data
  const [first] = error.issues
  throw new InputError(
    `The invitation ${file} is damaged (${first?.path.join('.') ?? ''}: ${first?.message ?? ''}). Copy it again, or invite again.`,
  )
}

/** A sentence if other users of this machine can read the file. */
export function describeOpenFile(file: string): string | undefined {
  if ((statSync(file).mode & 0o077) === 0) return undefined
  return `Warning: other users of this machine can read ${file}, which contains passwords. Run: chmod 600 ${file}`
}

const headOf = (tree: unknown): { readonly kind?: unknown; readonly version?: unknown } =>
  typeof tree === 'object' && tree !== null ? tree : {}

function parse(file: string): unknown {
  const text = readText(file)
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readText(file: string): string {
  try {
    return readRegularFile(file, maxBytes).toString('utf8')
  } catch (error) {
    throw new InputError(`The invitation ${file} cannot be read: ${(error as Error).message}.`)
  }
}
