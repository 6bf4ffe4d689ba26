import type { OutboxMessage } from '../../../../ledger/tasks/messages.ts'
import { isTooLarge, maxMessageBytes, toResultMessage } from '../../../../ledger/tasks/messages.ts'
import { resultIdOf } from '../../../../ledger/tasks/window-of-task.ts'
import { partsOf, readParts, UnreadableResult } from '../../../../ledger/tasks/result-parts.ts'
import { ResultTables } from '../../../../ledger/tasks/result-tables.ts'
import type { Settlement } from '../../../../ledger/tasks/settlement.ts'
import type { ResultPart, TaskFault, TaskResult } from '../../../../ledger/tasks/task.ts'
import type { TargetTables, WrittenTable } from './target-tables.ts'
import { fault } from './target-tables.ts'

/** An attempt with the effects that its transaction writes. */
export type PreparedSettlement = Settlement & {
  readonly effects: Effects
}

type Effects = {
  /** Sorted by name. */
  readonly tables: readonly WrittenTable[]
  /** The parts of the result; none if its rows are in a message. */
  readonly parts: () => AsyncIterable<ResultPart> | Iterable<ResultPart>
  /** The same if they are in memory. */
  readonly held: readonly ResultPart[]
  readonly messages: readonly OutboxMessage[]
  /** The folder of the object that is made of the parts; undefined if none is made. */
  readonly outputFolder?: string
  /** How many rows these are; null if the task is not complete. */
  readonly rows: number | null
  /** Whether the effects get a transaction for themselves. */
  readonly isSeparate: boolean
}

/** Results up to this size are held in memory, and stored together with others. */
const maxHeldBytes = 256 * 1024

const nothing: Effects = {
  tables: [],
  parts: () => [],
  held: [],
  messages: [],
  rows: null,
  isSeparate: false,
}

/** Finds out what an attempt writes. A result with a fault makes it a failed attempt. */
export function prepareSettlement(
  settlement: Settlement,
  tables: TargetTables,
): PreparedSettlement | Promise<PreparedSettlement> {
  const { outcome } = settlement
  if (outcome.kind !== 'complete') return { ...settlement, effects: nothing }
  const effects = knownEffects(settlement, outcome.result, tables)
  return effects === undefined
    ? prepareComplete(settlement, outcome, tables)
    : { ...settlement, effects }
}

/** The effects of a small result for a table that was checked before with the same fields. */
function knownEffects(
  { rules: { to } }: Settlement,
  result: TaskResult,
  tables: TargetTables,
): Effects | undefined {
  if ((to.kind !== 'table' && to.kind !== 'tables') || result.byteCount > maxHeldBytes)
    return undefined
  const held = partsInMemory(result)
  const known = tables.find(to, held)
  if (known === undefined) return undefined
  return { ...nothing, tables: known, held, rows: result.rowCount }
}

/** Empty if the parts are in a file or cannot be read. The caller then reads them again and gets the error. */
function partsInMemory(result: TaskResult): readonly ResultPart[] {
  try {
    const parts = readParts(result)
    return parts instanceof Promise ? [] : parts
  } catch {
    return []
  }
}

async function prepareComplete(
  settlement: Settlement,
  outcome: Extract<Settlement['outcome'], { kind: 'complete' }>,
  tables: TargetTables,
): Promise<PreparedSettlement> {
  const effects = await effectsOf(settlement, outcome.result, tables).catch(toFault)
  if (!isFault(effects)) return { ...settlement, effects }
  return asFailed(settlement, effects)
}

/** An attempt whose result cannot be read must not keep the others of its batch from being settled. */
function toFault(error: unknown): TaskFault {
  if (error instanceof UnreadableResult) return error.fault
  throw error
}

/** The same attempt as a failed one. */
export function asFailed(settlement: Settlement, because: TaskFault): PreparedSettlement {
  return { ...settlement, outcome: { kind: 'failed', fault: because }, effects: nothing }
}

async function effectsOf(
  { task, rules }: Settlement,
  result: TaskResult,
  tables: TargetTables,
): Promise<Effects | TaskFault> {
  const { to } = rules
  switch (to.kind) {
    case 'none':
      if (result.rowCount === 0) return { ...nothing, rows: 0 }
      return fault(
        `The task returned ${result.rowCount} rows, but the pipeline has no "to". Declare a table or a topic.`,
      )
    case 'topic': {
      if (result.byteCount > maxMessageBytes) return tooLarge(result, null)
      const value = toResultMessage(await readParts(result))
      const { transactionKey: key } = task
      const message = { topic: to.topic, messageId: resultIdOf(task), key, value }
      if (isTooLarge(message)) return tooLarge(result, key)
      return { ...nothing, messages: value === '[]' ? [] : [message], rows: result.rowCount }
    }
    case 'objects':
      return outputEffects(to.folder, result)
    case 'table':
    case 'tables':
      return rowEffects(task.pipeline, { to, result }, tables)
    default:
      return to satisfies never
  }
}

async function outputEffects(outputFolder: string, result: TaskResult): Promise<Effects> {
  const isHeld = result.byteCount <= maxHeldBytes
  const held = isHeld ? await readParts(result) : []
  const parts: Effects['parts'] = () => (isHeld ? held : partsOf(result))
  return { ...nothing, parts, outputFolder, rows: result.rowCount, isSeparate: !isHeld }
}

function tooLarge({ rowCount, byteCount }: TaskResult, key: string | null): TaskFault {
  const [size, limit, keySize] = [byteCount, maxMessageBytes, Buffer.byteLength(key ?? '')].map(
    (bytes) => Math.ceil(bytes / 1024),
  )
  const ofKey = (keySize ?? 0) > 1 ? `, and its key ${keySize} KiB` : ''
  const message = `The result has ${rowCount} rows and ${size} KiB${ofKey}. A message of a topic holds at most ${limit} KiB. Return fewer rows, or write a table.`
  return { code: 'result-too-large', message, stack: undefined }
}

async function rowEffects(
  pipeline: string,
  { to, result }: Pick<RowResult, 'to' | 'result'>,
  targets: TargetTables,
): Promise<Effects | TaskFault> {
  const isHeld = result.byteCount <= maxHeldBytes
  const held = isHeld ? await readParts(result) : []
  const found = new ResultTables()
  for (const part of held) found.add(part)
  if (!isHeld) for await (const part of partsOf(result)) found.add(part)
  const tables: WrittenTable[] = []
  for (const each of found.list()) {
    const table = await targets.check(pipeline, to, each)
    if (isFault(table)) return table
    tables.push(table)
  }
  targets.remember(to, held, tables)
  const isSeparate = !isHeld || tables.some(({ isRefreshed }) => isRefreshed)
  const parts: Effects['parts'] = () => (isHeld ? held : partsOf(result))
  return { ...nothing, tables, parts, held, rows: result.rowCount, isSeparate }
}

type RowResult = {
  readonly to: Extract<Settlement['rules']['to'], { kind: 'table' | 'tables' }>
  readonly result: TaskResult
}

const isFault = (value: unknown): value is TaskFault =>
  typeof value === 'object' && value !== null && 'code' in value && 'message' in value
