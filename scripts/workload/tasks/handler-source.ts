/** The handler of the workload, as a user would write it. It returns one row for the table of its pipeline. */
export const handlerSource = `import { handler, z } from 'av-telemetry'

export const verifyEffect = handler({
  name: 'verify_effect',
  params: z.object({ unit: z.string(), kind: z.enum(['plain', 'slow', 'killed', 'not-a-row']) }),
  run: async ({ unit, kind }, { id, attempt }) => {
    if (kind === 'slow') await new Promise((resolve) => setTimeout(resolve, 300))
    if (kind === 'killed' && attempt === 1) process.kill(process.pid, 'SIGKILL')
    const table = id.slice(0, id.indexOf('/'))
    return [{ table, data: [{ unit, made: kind === 'not-a-row' ? NaN : attempt }] }]
  },
})
`
