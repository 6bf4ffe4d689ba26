import { configFiles } from '../../infra/config/config-files.ts'
import { toConfig } from '../../infra/config/config.ts'

/** A key of the configuration that holds a value, not a section. */
export type SchemaKey = {
  /** E.g. `kafka.partitions`. */
  readonly path: string
  readonly description: string | undefined
  readonly fallback: unknown
  readonly minimum: number | undefined
  readonly maximum: number | undefined
}

type Node = {
  readonly properties?: Readonly<Record<string, Node>>
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
}

/** Every key of config.schema.json, in file order, with its default from the code. */
export function schemaKeys(): SchemaKey[] {
  const schema = JSON.parse(configFiles()['config.schema.json'] ?? '') as Node
  return keysBelow(schema, toConfig({}), '').filter(({ path }) => path !== '$schema')
}

function keysBelow(node: Node, fallback: unknown, path: string): SchemaKey[] {
  if (node.properties === undefined) {
    const { description, minimum, maximum } = node
    return [{ path, description, fallback, minimum, maximum }]
  }
  const section = (fallback ?? {}) as Readonly<Record<string, unknown>>
  return Object.entries(node.properties).flatMap(([name, child]) =>
    keysBelow(child, section[name], path === '' ? name : `${path}.${name}`),
  )
}
