import type { EnvironmentReader } from './env.ts'

/** A pipeline: reads a topic and writes a table. */
export type Pipeline = {
  readonly name: string
  readonly topic: string
  readonly table: string
  /** Its Kafka consumer group. */
  readonly group: string
}

const expected = 'a JSON file with the list of pipelines'
const keys = ['name', 'topic', 'table', 'group'] as const

/** The pipelines in the file `PIPELINES_FILE`. An invalid file is recorded as an error in `env`. */
export function readPipelinesEnv(env: EnvironmentReader): readonly Pipeline[] {
  const text = env.fileContent('PIPELINES_FILE', expected)
  if (text === '') return []
  const parsed = parsePipelines(text)
  if (typeof parsed !== 'string') return parsed
  env.expect(false, 'PIPELINES_FILE', `${expected}, but ${parsed}`)
  return []
}

/**
 * @param text JSON: a list with an object for each pipeline
 * @returns an error text if the content is invalid
 */
export function parsePipelines(text: string): readonly Pipeline[] | string {
  const entries = parseJson(text)
  if (!Array.isArray(entries)) return 'its content is not a JSON list'
  if (entries.length === 0) return 'it lists no pipeline'
  const pipelines: Pipeline[] = []
  for (const [index, entry] of entries.entries()) {
    const fault = faultOf(entry, pipelines)
    if (fault !== undefined) return `entry ${index + 1} ${fault}`
    const { name, topic, table, group } = entry as Pipeline
    pipelines.push({ name, topic, table, group })
  }
  return pipelines
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function faultOf(entry: unknown, before: readonly Pipeline[]): string | undefined {
  if (typeof entry !== 'object' || entry === null) return 'is not an object'
  const texts = entry as Record<string, unknown>
  const missing = keys.find((key) => typeof texts[key] !== 'string' || texts[key] === '')
  if (missing !== undefined) return `has no text "${missing}"`
  const name = texts['name'] as string
  return before.some((pipeline) => pipeline.name === name)
    ? `has the name "${name}" of an earlier one`
    : undefined
}
