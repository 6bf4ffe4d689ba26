import type { DecodedEntry, SourceRecord } from '../../ledger/batch.ts'
import type { NewTask } from '../../ledger/tasks/task.ts'
import type { TaskStep } from '../../pipelines/declaration/task-declaration.ts'
import { isDeeperThan } from '../../pipelines/decode/scan-json.ts'
import { memberTexts } from './json-members.ts'

/** Why a message becomes a dead letter instead of a task. */
type MessageRefusalCode = 'no-value' | 'not-utf8' | 'not-json' | 'too-deep' | 'bad-message'

class Refusal {
  readonly code: MessageRefusalCode
  readonly detail: string
  constructor(code: MessageRefusalCode, detail: string) {
    this.code = code
    this.detail = detail
  }
}

type Place = { readonly logId: number; readonly partition: number }

/** Deeper values could exceed the stack of the handler process. */
const maxDepth = 500
/** Postgres cannot index much longer units. */
const maxUnitLength = 500

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Decodes a message into a task, or into a refusal with its reason. Whether the handler exists is not
 * decided here: another worker may know it.
 */
export function decodeTask(
  step: TaskStep,
  record: SourceRecord,
  place: Place,
): DecodedEntry<NewTask> {
  const { offset } = record
  const task = toTask(step, record, place)
  if (!(task instanceof Refusal)) return { kind: 'row', offset, row: task, original: record }
  return { kind: 'refused', offset, code: task.code, detail: task.detail, original: record }
}

function toTask(step: TaskStep, record: SourceRecord, place: Place): NewTask | Refusal {
  const call = toCall(step, record.value)
  if (call instanceof Refusal) return call
  const unit = unitOf(record, place)
  if (unit instanceof Refusal) return unit
  const transactionKey = record.key === null ? null : textOf(record.key, 'key')
  if (transactionKey instanceof Refusal) return transactionKey
  if (transactionKey?.includes('\0') === true)
    return new Refusal('bad-message', 'The key of the message contains the character NUL.')
  return { unit, ...call, transactionKey }
}

/** The handler and its parameters. */
function toCall(
  step: TaskStep,
  value: Uint8Array | null,
): Pick<NewTask, 'method' | 'params'> | Refusal {
  const text = jsonTextOf(value)
  if (text instanceof Refusal) return text
  switch (step.kind) {
    case 'run':
      return { method: step.handler, params: text }
    case 'sql':
      return { method: 'sql', params: text }
    case 'run-by':
      return toNamedCall(step, text)
    case 'map':
    case 'shell':
    case 'readings':
      throw new Error(`The step "${step.kind}" of files gets no messages.`)
    default:
      return step satisfies never
  }
}

function toNamedCall(
  { method: methodField, params: paramsField }: Extract<TaskStep, { kind: 'run-by' }>,
  text: string,
): Pick<NewTask, 'method' | 'params'> | Refusal {
  const example = `{ "${methodField}": "HANDLER", ${paramsField === undefined ? '…' : `"${paramsField}": {}`} }`
  if (!text.startsWith('{'))
    return new Refusal('bad-message', `The message is not an object. Expected ${example}.`)
  const members = memberTexts(text)
  const method: unknown = JSON.parse(members.get(methodField) ?? 'null')
  if (method === null)
    return new Refusal(
      'bad-message',
      `The message has no field "${methodField}" that names the handler. Expected ${example}.`,
    )
  if (typeof method !== 'string' || method === '' || method.includes('\0'))
    return new Refusal(
      'bad-message',
      `The field "${methodField}" must be the name of a handler as a text. Expected ${example}.`,
    )
  const params =
    paramsField === undefined
      ? objectWithout(methodField, members)
      : (members.get(paramsField) ?? '{}')
  return { method: method.toWellFormed(), params }
}

/** The text of an object with all members but one. The values keep their texts. */
function objectWithout(name: string, members: ReadonlyMap<string, string>): string {
  const others = [...members].filter(([member]) => member !== name)
  return `{${others.map(([member, text]) => `${JSON.stringify(member)}:${text}`).join(',')}}`
}

/** The text of a JSON value, without space around it. */
function jsonTextOf(value: Uint8Array | null): string | Refusal {
  if (value === null) return new Refusal('no-value', 'The message has no value.')
  const text = textOf(value, 'value')
  if (text instanceof Refusal) return text
  if (isDeeperThan(maxDepth, text))
    return new Refusal(
      'too-deep',
      `The message has arrays or objects that are nested more than ${maxDepth} levels deep.`,
    )
  try {
    JSON.parse(text)
    return text.trim()
  } catch (error) {
    return new Refusal('not-json', `The message is not JSON: ${describe(error as Error, text)}`)
  }
}

function describe({ message }: Error, text: string): string {
  const looksLikePython = /^\s*[[{]\s*'/.test(text) || /:\s*(?:None|True|False)\b/.test(text)
  if (!looksLikePython) return `${message}.`
  return `${message}. It looks like the text of a Python object. Write it with json.dumps(): JSON needs double quotes, null, true and false.`
}

/** Units of other kinds. A header "id" that looks like one gets a prefix, so that two units never collide. */
const otherUnits = /^(?:\d+-\d+-\d+$|run:|api:|id:)/

function unitOf(record: SourceRecord, { logId, partition }: Place): string | Refusal {
  const id = record.header('id')
  if (id === undefined || id === '') return `${logId}-${partition}-${record.offset}`
  if (id.length > maxUnitLength || id.includes('\0'))
    return new Refusal(
      'bad-message',
      `The header "id" must have at most ${maxUnitLength} characters and no NUL.`,
    )
  return otherUnits.test(id) ? `id:${id}` : id
}

function textOf(bytes: Uint8Array, name: string): string | Refusal {
  try {
    return utf8.decode(bytes)
  } catch {
    return new Refusal('not-utf8', `The ${name} of the message is not valid UTF-8.`)
  }
}
