import { z } from 'zod'
import { port, text } from './schema-kinds.ts'

const keyFile = (what: string) =>
  z
    .string()
    .default('')
    .describe(
      `File with the ${what} of objects.endpoint, relative to the clone: one line of visible ASCII characters without spaces.`,
    )

/** The section `objects` of the configuration. */
export const objects = z.strictObject({
  endpoint: text(
    /^(?:https?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)?$/,
    'expected the URL of an S3 server without a path, e.g. https://s3.eu-central-1.amazonaws.com or http://127.0.0.1:7070, or an empty text',
  )
    .default('')
    .describe(
      'URL of an S3 server, without a path. The bucket must exist there. Empty: npm start uses the folder `data/files/BUCKET` of the state folder. Docker uses an S3 server in a container.',
    ),
  hostPort: port(
    7070,
    'Docker only: port of the S3 server and its web page on loopback, if files.enabled is true and objects.endpoint is empty.',
  ),
  region: text(/^[a-z0-9-]{1,40}$/, "expected lower-case letters, digits and '-'")
    .default('us-east-1')
    .describe('Region of the bucket on an S3 server.'),
  bucket: text(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    "expected 3 to 63 lower-case letters and digits, with '-' or '.' between them",
  )
    .default('etl')
    .describe('Name of the bucket.'),
  accessKeyFile: keyFile('access key'),
  secretKeyFile: keyFile('secret key'),
})
