import { z } from 'zod'

export const files = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe(
      'true: workers load the files that are put into the bucket (`objects`), with pipelines that have `from.files`.',
    ),
  tikaUrl: z
    .string()
    .regex(/^(?:https?:\/\/\S+)?$/, 'must be an http(s) URL')
    .default('')
    .describe(
      'Address of an Apache Tika server, such as http://127.0.0.1:9998, that detects the types of files for from.files.mimetypes. Empty: the workers detect them.',
    ),
  maxUploadMegabytes: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe(
      'Longest file that the dashboard accepts for the bucket, in megabytes of 1,000,000 bytes. npm run drop has no limit.',
    ),
})
