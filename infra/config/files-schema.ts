import { z } from 'zod'

export const files = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe(
      'true: workers load the files that are put into the bucket (`objects`), with pipelines that have `from.files`. On Docker this needs objects.endpoint.',
    ),
})
