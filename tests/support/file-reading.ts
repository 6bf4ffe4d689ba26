import { CopyRowEncoder } from '../../services/adapters/postgres/tables/copy-row-encoder.ts'
import { parsePipeline } from '../../services/pipelines/declaration/parse-pipeline.ts'
import type { FileStep } from '../../services/pipelines/declaration/task-declaration.ts'
import { FileFault } from '../../services/pipelines/files/file-fault.ts'
import { createFileLines } from '../../services/pipelines/files/file-lines.ts'
import type { FileLine } from '../../services/pipelines/files/lines.ts'
import type { ReadableFile } from '../../services/worker/files/loading/read-records.ts'
import { readRecords } from '../../services/worker/files/loading/read-records.ts'

/** A file in memory that is read in parts of some bytes. */
export const inMemoryFile = (content: Buffer, partBytes = 65_536): ReadableFile => ({
  size: content.length,
  bytes: () => inParts(content, partBytes),
  read: (begin, end) => Promise.resolve(content.subarray(begin, end)),
})

async function* inParts(content: Buffer, partBytes: number): AsyncGenerator<Uint8Array> {
  for (let begin = 0; begin < content.length; begin += partBytes)
    yield await Promise.resolve(content.subarray(begin, begin + partBytes))
}

/** @param map the keys of the table `map` */
export function stepOf(map: string): FileStep {
  const text = `name = "x"\nfrom.files.match = ["*"]\n[map]\n${map}\n[to.table]\nname = "x"\n`
  const parsed = parsePipeline(text, () => ({ fault: '' }))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return (parsed.declaration as unknown as { step: FileStep }).step
}

/** The values of each line or why it is refused, and at the end why the file is refused. */
export async function outcomesOf(
  content: Buffer | string,
  step: FileStep,
  partBytes?: number,
): Promise<unknown[]> {
  const outcomes: unknown[] = []
  try {
    const file = inMemoryFile(Buffer.from(content), partBytes)
    for await (const line of linesOf(file, step)) outcomes.push(outcomeOf(line))
  } catch (error) {
    if (!(error instanceof FileFault)) throw error
    outcomes.push(error.message)
  }
  return outcomes
}

const outcomeOf = (line: FileLine): unknown =>
  line.kind === 'row' ? line.row.values : [line.offset, line.code, line.detail]

async function* linesOf(file: ReadableFile, step: FileStep): AsyncGenerator<FileLine> {
  const encoder = new CopyRowEncoder(step.columns.length)
  const lines = createFileLines({ step, task: 1, hasPosition: false, encoder })
  for await (const part of readRecords(file, step)) {
    lines.push(part)
    for (let line = lines.next(); line !== undefined; line = lines.next()) yield line
  }
  lines.end()
  for (let line = lines.next(); line !== undefined; line = lines.next()) yield line
}
