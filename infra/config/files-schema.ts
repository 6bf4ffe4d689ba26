import { z } from 'zod'

export const files = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe(
      'true: workers load the files that are put into the folder `data/files/etl` of the state folder, with pipelines that have `from.files`. Only with `npm start`, not on Docker.',
    ),
})
