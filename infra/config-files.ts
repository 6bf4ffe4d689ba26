import { z } from 'zod'
import { configSchema } from './config-schema.ts'

/** The files made from the schema of the configuration: text by name. */
export function configFiles(): Record<string, string> {
  const schema = z.toJSONSchema(configSchema, { io: 'input' })
  const { $schema: _, ...defaults } = configSchema.parse({})
  const master = { $schema: './config.schema.json', ...defaults }
  return {
    'config.schema.json': inText(schema),
    'config.master.json': inText(master),
  }
}

function inText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
