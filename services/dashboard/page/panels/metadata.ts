import { h } from './dom.ts'

type Row = { readonly path: string; readonly value: string }

/** Metadata as rows of path and value. Values are shown as text, never parsed as HTML. */
export function metadataRows(metadata: Readonly<Record<string, unknown>> | null): HTMLElement[] {
  if (metadata === null || Object.keys(metadata).length === 0) return []
  const rows = flatten(metadata, '').map(({ path, value }) =>
    h('div', { class: 'fact' }, h('dt', {}, path), h('dd', {}, value)),
  )
  return [h('h3', {}, 'Metadata'), h('dl', { class: 'facts' }, ...rows)]
}

/** Nested objects and arrays as paths: `tyres.front.0`. */
function flatten(value: unknown, path: string): Row[] {
  if (typeof value !== 'object' || value === null) return [{ path, value: String(value) }]
  const entries = Object.entries(value as Record<string, unknown>)
  if (entries.length === 0) return [{ path, value: Array.isArray(value) ? '[]' : '{}' }]
  return entries.flatMap(([name, inner]) => flatten(inner, path === '' ? name : `${path}.${name}`))
}
