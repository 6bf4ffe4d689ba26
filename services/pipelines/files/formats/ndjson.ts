import type { ObjectFormat } from './format.ts'

/** One JSON object per line. */
export const ndjson: ObjectFormat = { kind: 'text', toLines: (text) => text }
