import { z } from 'zod'

/** The section `devices` of the configuration. */
export const devices = z.strictObject({
  unknown: z
    .enum(['', 'refuse', 'ask', 'accept'])
    .default('')
    .describe(
      'What happens to readings of a vehicle without a device that are sent without a token. refuse: 401. ask: 403, and the vehicle is listed for a day as one that wants to join. accept: stored, so that every machine that reaches the ingress can report as such a vehicle. Empty: accept if the ingress listens on loopback only, or if the platform stored readings before it had devices; otherwise ask.',
    ),
})
