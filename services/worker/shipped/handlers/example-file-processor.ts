import type { Readable } from 'node:stream'
import { handler, PermanentError, z } from 'av-telemetry'

const maxLines = 900

/** Logs the lines of a file. docs/examples/castiron/ uses it. */
export const exampleFileProcessor = handler({
  name: 'etl.example.example_file_processor.process',
  params: z.looseObject({}),
  run: async (params, { file, logger, signal }) => {
    if (file === undefined)
      throw new PermanentError('This handler needs a file; declare from.files.')
    const { name, size } = file
    logger.info(`got ${name} of ${size} bytes with ${JSON.stringify(params)}`)
    let count = 0
    for await (const line of linesOf(file.stream())) {
      signal.throwIfAborted()
      count += 1
      if (count <= maxLines) logger.info(line)
    }
    logger.info(`${name} has ${count} lines`)
  },
})

async function* linesOf(stream: Readable): AsyncGenerator<string, void> {
  let rest = ''
  for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split(/\r?\n/)
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}
