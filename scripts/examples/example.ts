import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../infra/checks/user-error.ts'
import type { Declaration } from '../../services/pipelines/declaration/declaration.ts'
import { parseDeclaration } from '../../services/pipelines/declaration/parse-declaration.ts'
import { root } from '../platform/paths.ts'

/** An example of docs/examples: its pipelines, and a file of data for each. */
export type Example = {
  readonly pipelines: readonly {
    readonly declaration: Declaration
    /** The records, each the text of a JSON object. */
    readonly records: readonly string[]
  }[]
}

const folder = join(root, 'docs', 'examples')

/** @throws InputError with the names of the examples that exist */
export function readExample(name: string): Example {
  const names = readdirSync(folder)
  if (!names.includes(name)) {
    throw new InputError(`There is no example "${name}"; the examples are: ${names.join(', ')}.`)
  }
  const files = readdirSync(join(folder, name, 'pipelines'))
  return { pipelines: files.map((file) => readPipeline(join(folder, name), file)) }
}

function readPipeline(example: string, file: string): Example['pipelines'][number] {
  const parsed = parseDeclaration(readFileSync(join(example, 'pipelines', file), 'utf8'))
  if (!parsed.ok) throw new Error(`${file} is not valid: ${parsed.faults[0]?.message ?? ''}`)
  const { declaration } = parsed
  const data = readFileSync(join(example, 'data', `${declaration.name}.ndjson`), 'utf8')
  return { declaration, records: data.split('\n').filter((line) => line !== '') }
}
