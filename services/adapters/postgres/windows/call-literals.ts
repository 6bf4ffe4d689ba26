import pg from 'pg'
import type { Span } from './replace-rows.ts'

/** Where `$1` is not a parameter: in texts, quoted names and comments. */
const quoted = [
  /\b[eE]'(?:[^'\\]|''|\\[^])*'/,
  /'(?:[^']|'')*'/,
  /"(?:[^"]|"")*"/,
  /--[^\n]*/,
  /\/\*[^]*?\*\//,
  /\$(?<tag>[A-Za-z_]\w*|)\$[^]*?\$\k<tag>\$/,
]
const parameter = /(?<![\w$])\$(?<number>[12])(?!\d)/
const pattern = new RegExp([...quoted, parameter].map(({ source }) => source).join('|'), 'g')

/**
 * Replaces the parameters of a CALL by texts in ISO 8601. The arguments of a procedure then have any type that can
 * be read from such a text, e.g. `date`. A typed parameter would only match `timestamptz`.
 */
export function withLiterals(text: string, { from, to }: Span): string {
  const [begin, end] = [from, to].map((at) => pg.escapeLiteral(at.toISOString()))
  return text.replaceAll(pattern, (found) => {
    if (found === '$1') return `${begin}`
    return found === '$2' ? `${end}` : found
  })
}
