import { CopyRowEncoder } from '../../../adapters/postgres/tables/copy-row-encoder.ts'
import { peek } from '../../../pipelines/files/content/peek.ts'
import { isObjectFormat } from '../../../pipelines/files/formats/formats.ts'
import { createFileLines } from '../../../pipelines/files/file-lines.ts'
import type { FileLine } from '../../../pipelines/files/lines.ts'
import type { ReadingsPlan } from '../../../pipelines/files/readings/file-step-of-plan.ts'
import { planReadings, textsOf } from '../../../pipelines/files/readings/file-step-of-plan.ts'
import type { MadeReading } from '../../../pipelines/files/readings/reading-maker.ts'
import { ReadingMaker } from '../../../pipelines/files/readings/reading-maker.ts'
import type { ReadingsStep } from '../../../pipelines/files/readings/readings-step.ts'
import { vehicleOfFile } from '../../../pipelines/files/readings/vehicle-of-file.ts'
import type { ReadableFile } from '../loading/read-records.ts'
import { readRecords } from '../loading/read-records.ts'

/** A record of a file, and what became of it. */
export type ReadRecord = {
  readonly line: number
  /** A copy of its text. */
  readonly text: Uint8Array
  readonly made: MadeReading
}

/** The longest header, in bytes. */
const maxHeaderBytes = 65_536

/**
 * Reads the records of a file as readings.
 *
 * @param name of the file, without its folder
 * @throws FileFault
 */
export async function* readReadings(
  file: ReadableFile,
  step: ReadingsStep,
  name: string,
): AsyncGenerator<ReadRecord> {
  const vin = vehicleOfFile(step.vehicle, name)
  const { start, content } = await peek(readRecords(file, toTextStep(step)), maxHeaderBytes)
  const plan = planReadings(step, start)
  const maker = new ReadingMaker(step, plan.plan, vin)
  const lines = createFileLines({
    ...{ step: plan.step, task: 0, hasPosition: false, decodesAll: true },
    encoder: new CopyRowEncoder(plan.plan.length),
  })
  const take = function* (): Generator<ReadRecord> {
    for (let line = lines.next(); line !== undefined; line = lines.next())
      yield toRecord(line, { plan, maker })
  }
  for await (const part of content) {
    lines.push(part)
    yield* take()
  }
  lines.end()
  yield* take()
}

/** The fields of objects have known names. Those of a delimited file are in its header. */
function toTextStep(step: ReadingsStep): Parameters<typeof readRecords>[1] {
  if (isObjectFormat(step.format)) return planReadings(step, new Uint8Array(0)).step
  const { encoding } = step
  return {
    format: { kind: 'delimited', hasHeader: true, delimiter: ',', quote: undefined },
    ...(encoding !== undefined && { encoding }),
    ...{ columns: [], unknownFields: { kind: 'ignore' } },
  }
}

function toRecord(
  line: FileLine,
  { plan, maker }: { readonly plan: ReadingsPlan; readonly maker: ReadingMaker },
): ReadRecord {
  const { offset, bytes, begin, end } = line
  const text = bytes.slice(begin, end)
  if (line.kind === 'refused') {
    const { code, detail } = line
    return { line: offset, text, made: { kind: 'refused', code, detail } }
  }
  return { line: offset, text, made: maker.make(textsOf(plan, line.row.values), offset) }
}
