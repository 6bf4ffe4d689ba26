import { z } from 'zod'
import { configSchema } from './config-schema.ts'

/** The files that are made from the schema: text by file name. */
export function configFiles(): Record<string, string> {
  const schema = z.toJSONSchema(configSchema, { io: 'input' })
  const { $schema: _, ...defaults } = configSchema.parse({})
  const master = { $schema: './config.schema.json', ...defaults }
  return {
    'config.schema.json': toJsonText(schema),
    'config.master.json': toJsonText(master),
  }
}

function toJsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

type JsonSchema = {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly default?: unknown
  readonly description?: string
}

/** The table of docs/configuration.md: one row for each key. */
export function configTable(): string {
  const rows = rowsOf(z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema, '')
  return ['| key | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

function rowsOf({ properties = {} }: JsonSchema, prefix: string): string[] {
  return Object.entries(properties)
    .filter(([key]) => key !== '$schema')
    .flatMap(([key, schema]) => {
      const path = `${prefix}${key}`
      if (schema.properties) return rowsOf(schema, `${path}.`)
      const fallback = schema.default === '' ? '' : `\`${toText(schema.default)}\``
      return [`| \`${path}\` | ${fallback} | ${schema.description ?? ''} |`]
    })
}

const toText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)
