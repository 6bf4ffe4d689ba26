import { getStaticTOMLValue, ParseError, parseTOML } from 'toml-eslint-parser'
import type { AST } from 'toml-eslint-parser'

/** A place in a text. Lines and columns begin at 1. */
type TextPosition = { readonly line: number; readonly column: number }

/** What is wrong in a file, and where. */
export type Fault = TextPosition & { readonly message: string }

export const byPosition = (left: Fault, right: Fault): number =>
  left.line - right.line || left.column - right.column

/** The keys and indexes that lead to a value, e.g. `['map', 'columns', 0, 'type']`. */
export type ValuePath = readonly (string | number)[]

/** The content of a TOML file. Dates and times are texts, as they are written: a `Date` has no time zone. */
export type TomlDocument = {
  readonly value: Record<string, unknown>
  /** The position of a value; of the nearest value around it if the file does not have it. */
  readonly valueAt: (path: ValuePath) => TextPosition
  /** The position of a key. */
  readonly keyAt: (path: ValuePath) => TextPosition
}

/** Parses TOML 1.0. Returns the first syntax error if there is one. */
export function parseToml(text: string): TomlDocument | Fault {
  try {
    const program = parseTOML(text, { tomlVersion: '1.0.0' })
    const positions = new Positions()
    positions.addBody(program.body[0].body, [])
    const value = getStaticTOMLValue(program)
    for (const { path, text: date } of positions.dates) setAt(value, path, date)
    return {
      value,
      valueAt: (path) => positions.find(positions.values, path),
      keyAt: (path) => positions.find(positions.keys, path),
    }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    const { lineNumber: line, column, message } = error
    return { line, column: column + 1, message: `The file is not valid TOML: ${message}` }
  }
}

const start: TextPosition = { line: 1, column: 1 }

/** The positions of keys and values, by path. */
class Positions {
  readonly keys = new Map<string, TextPosition>()
  readonly values = new Map<string, TextPosition>()
  readonly dates: { readonly path: ValuePath; readonly text: string }[] = []

  addBody(body: readonly (AST.TOMLKeyValue | AST.TOMLTable)[], parent: ValuePath): void {
    for (const node of body) {
      if (node.type === 'TOMLTable') {
        this.#addKey(node.key, parentOfTable(node))
        this.#set(this.values, node.resolvedKey, node)
        this.addBody(node.body, node.resolvedKey)
      } else {
        this.#addValue(node.value, this.#addKey(node.key, parent))
      }
    }
  }

  /** Searches the path, then the paths around it. */
  find(positions: ReadonlyMap<string, TextPosition>, path: ValuePath): TextPosition {
    for (let length = path.length; length > 0; length -= 1) {
      const part = toText(path.slice(0, length))
      const found = positions.get(part) ?? this.values.get(part) ?? this.keys.get(part)
      if (found !== undefined) return found
    }
    return start
  }

  /** @returns the path that the key names */
  #addKey({ keys }: AST.TOMLKey, parent: ValuePath): ValuePath {
    let path = parent
    for (const key of keys) {
      path = [...path, key.type === 'TOMLBare' ? key.name : key.value]
      this.#set(this.keys, path, key)
    }
    return path
  }

  #addValue(value: AST.TOMLContentNode, path: ValuePath): void {
    this.#set(this.values, path, value)
    if (value.type === 'TOMLValue' && 'datetime' in value)
      this.dates.push({ path, text: value.datetime })
    if (value.type === 'TOMLInlineTable') this.addBody(value.body, path)
    if (value.type === 'TOMLArray') {
      for (const [index, element] of value.elements.entries())
        this.#addValue(element, [...path, index])
    }
  }

  /** Keeps the first position: a table may be continued further down. */
  #set(positions: Map<string, TextPosition>, path: ValuePath, { loc }: AST.TOMLNode): void {
    const text = toText(path)
    if (positions.has(text)) return
    positions.set(text, { line: loc.start.line, column: loc.start.column + 1 })
  }
}

function setAt(root: unknown, path: ValuePath, value: string): void {
  const parent = path.slice(0, -1).reduce((part, key) => (part as ByKey)[key], root)
  const key = path.at(-1)
  if (key !== undefined) (parent as ByKey)[key] = value
}

type ByKey = Record<string | number, unknown>

const toText = (path: ValuePath): string => JSON.stringify(path)

/** The path before the keys in the header of a table; the header of an array element has no index. */
function parentOfTable({ kind, resolvedKey, key }: AST.TOMLTable): ValuePath {
  const length = resolvedKey.length - key.keys.length - (kind === 'array' ? 1 : 0)
  return resolvedKey.slice(0, Math.max(0, length))
}
