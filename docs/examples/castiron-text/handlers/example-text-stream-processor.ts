import { handler, z } from 'av-telemetry'

const name = 'etl.example_text_stream_processor.process'

/** Logs what it gets. The dots are part of the name; a message never names code to import. */
export const exampleTextStreamProcessor = handler({
  name,
  params: z.looseObject({ data: z.unknown(), arg1: z.string(), arg2: z.string() }),
  run: ({ data, arg1, arg2 }, { logger }) => {
    logger.info(`invoking ${name} with arg_list ${JSON.stringify({ data, arg1, arg2 })}`)
    logger.info(`got arg1 ${arg1} and arg2 ${arg2}`)
    logger.info(`in example text stream processor got data ${JSON.stringify(data)}`)
  },
})
