import type { Contract } from './frozen.ts'

type Json = Readonly<Record<string, unknown>>

/** Texts for people. They are not part of the contract. */
const humanTexts = new Set(['description', 'summary', 'title', 'examples'])
/** Objects whose keys are names of the contract, not keywords of the schema language. */
const nameMaps = new Set(['properties', 'schemas', 'paths', 'responses', 'headers', 'content'])
/** Lists whose order has no meaning. */
const unorderedLists = new Set(['enum', 'required', 'type'])

/**
 * Every value of a JSON schema or an OpenAPI document, by its path. Texts for people are left out.
 * Of an example only the field names and types are kept.
 */
export function schemaEntries(node: unknown, path: string, parentKey = ''): Contract {
  if (Array.isArray(node)) return listEntries(node, path, parentKey)
  if (!isObject(node)) return { [path]: JSON.stringify(node) }
  const entries = Object.entries(node).flatMap(([key, value]) => {
    if (humanTexts.has(key) && !nameMaps.has(parentKey)) return []
    if (key === 'parameters' && (value as unknown[]).length === 0) return []
    const place = `${path} ${key}`
    if (key === 'example' && typeof value === 'object') return Object.entries(shapeOf(value, place))
    return Object.entries(schemaEntries(value, place, key))
  })
  return Object.fromEntries(entries.length === 0 ? [[path, '{}']] : entries)
}

function listEntries(list: readonly unknown[], path: string, key: string): Contract {
  if (!list.some(isObject)) {
    const texts = list.map((item) => JSON.stringify(item))
    return { [path]: (unorderedLists.has(key) ? texts.sort() : texts).join(', ') }
  }
  const entries = list.flatMap((item, index) =>
    Object.entries(schemaEntries(item, `${path} ${nameOf(item) ?? index}`)),
  )
  return Object.fromEntries(entries)
}

/** The name of a parameter, which identifies it independent of its position in the list. */
function nameOf(item: unknown): string | undefined {
  const { name } = item as { name?: unknown }
  return typeof name === 'string' ? name : undefined
}

/** The field types of a value, by path. The items of a list are merged. */
function shapeOf(value: unknown, path: string): Contract {
  if (Array.isArray(value)) {
    const shapes = value.map((item) => shapeOf(item, `${path}[]`))
    return Object.assign({ [path]: 'list' }, ...shapes) as Contract
  }
  if (!isObject(value)) return { [path]: value === null ? 'null' : typeof value }
  const shapes = Object.entries(value).map(([key, child]) => shapeOf(child, `${path}.${key}`))
  return Object.assign(shapes.length === 0 ? { [path]: 'object' } : {}, ...shapes) as Contract
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
