import { z } from 'zod'
import { text } from './schema-kinds.ts'

/** The section `clickhouse` of the configuration. */
export const clickhouse = z.strictObject({
  url: text(
    /^(?:https?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)?$/,
    'expected the URL of the HTTP interface of a ClickHouse server without a path, a user and a password, e.g. http://127.0.0.1:8123, or an empty text',
  )
    .default('')
    .describe(
      'URL of the HTTP interface of a ClickHouse server. With files.enabled, the workers copy the status of all files to its table rubicon.cast_iron_file_status. Empty: nothing is copied.',
    ),
  user: text(/^[\w.@-]{1,100}$/, "expected letters, digits, '_', '.', '@' and '-'")
    .default('default')
    .describe('User of ClickHouse. It may create the database, the table, and rows.'),
  passwordFile: z
    .string()
    .default('')
    .describe(
      'File with the password of this user, relative to the clone: one line of visible ASCII characters without spaces. Empty: the user has no password.',
    ),
})
