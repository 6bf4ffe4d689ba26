import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../infra/checks/user-error.ts'
import { parsePipeline } from '../../services/pipelines/declaration/parse-pipeline.ts'
import type { PipelineDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import { SqlFiles } from '../../services/worker/declarations/sql-files.ts'
import { root } from '../platform/paths.ts'

/** An example of docs/examples: its pipelines, and the data for their topics. */
export type Example = {
  readonly pipelines: readonly {
    readonly declaration: PipelineDeclaration
    /** The records, each the text of a JSON object; none without a file of data. */
    readonly records: readonly string[]
  }[]
}

const folder = join(root, 'docs', 'examples')

/**
 * @param name of a folder in docs/examples, or of a pipeline in one of them
 * @throws InputError with the names of the examples that exist
 */
export function readExample(name: string): Example {
  const names = readdirSync(folder)
  if (names.includes(name)) {
    const path = join(folder, name)
    return { pipelines: declarationsIn(path).map((file) => readPipeline(path, file)) }
  }
  const file = `${name}.toml`
  const owner = names.find((each) => declarationsIn(join(folder, each)).includes(file))
  if (owner !== undefined) return { pipelines: [readPipeline(join(folder, owner), file)] }
  throw new InputError(`There is no example "${name}"; the examples are: ${names.join(', ')}.`)
}

/** The names of the files. Workers that read the folder may have written others beside them. */
function declarationsIn(example: string): string[] {
  const pipelines = join(example, 'pipelines')
  const files = existsSync(pipelines) ? readdirSync(pipelines) : []
  return files.filter((file) => file.endsWith('.toml')).sort()
}

function readPipeline(example: string, file: string): Example['pipelines'][number] {
  const path = join(example, 'pipelines', file)
  const sql = new SqlFiles(path)
  const parsed = parsePipeline(readFileSync(path, 'utf8'), (name) => sql.read(name))
  if (!parsed.ok) throw new Error(`${file} is not valid: ${parsed.faults[0]?.message ?? ''}`)
  const { declaration } = parsed
  const dataFile = join(example, 'data', `${declaration.name}.ndjson`)
  const data = existsSync(dataFile) ? readFileSync(dataFile, 'utf8') : ''
  return { declaration, records: data.split('\n').filter((line) => line !== '') }
}
