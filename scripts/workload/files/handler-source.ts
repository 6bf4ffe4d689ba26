/**
 * The handler of the workload, as a user would write it. It returns one row for each line. For some files it kills its
 * process in the first attempt.
 */
export const handlerSource = `import { createInterface } from 'node:readline'
import { handler, z } from 'av-telemetry'

export const verifyFile = handler({
  name: 'verify_file',
  params: z.object({ table: z.string() }),
  run: async ({ table }, { file, attempt }) => {
    const data = []
    for await (const line of createInterface({ input: file!.stream() })) {
      const [run, content, number] = line.split(',')
      if (number !== 'line') data.push({ run, content: Number(content), line: Number(number) })
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
    if (attempt === 1 && data[0]!.content % 7 === 0) process.kill(process.pid, 'SIGKILL')
    return [{ table, data }]
  },
})
`
