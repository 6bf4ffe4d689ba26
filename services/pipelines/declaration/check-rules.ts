import { groupedTopicOf } from '../grouped-topic.ts'
import { toColumnValue, ValueFault } from '../decode/column-value.ts'
import type { DeclarationFile } from './declaration-schema.ts'
import type { RuleFault } from './shared-rules.ts'
import { faultsOfName, faultsOfStart, faultsOfTableName, systemColumns } from './shared-rules.ts'
import type { Fault, TomlDocument, ValuePath } from './toml.ts'

/** The rules between the keys of a declaration. */

type Rule = (file: DeclarationFile) => RuleFault[]
type FileColumn = DeclarationFile['map']['columns'][number]

/** The parts that pipelines of topics and of files have. */
export type TableFile = Pick<DeclarationFile, 'name'> & {
  readonly map: Pick<DeclarationFile['map'], 'columns'>
  readonly to: DeclarationFile['to']
}
type TableRule = (file: TableFile) => RuleFault[]

/** The faults of a file whose keys are right, one by one. */
export function faultsOfRules(file: DeclarationFile, document: TomlDocument): Fault[] {
  return rules.flatMap((rule) =>
    rule(file).map(({ path, message }) => ({ ...document.valueAt(path), message })),
  )
}

/** The faults of columns and table. */
export const faultsOfTableRules = (file: TableFile): RuleFault[] =>
  tableRules.flatMap((rule) => rule(file))

const columnPath = (index: number, key?: string): ValuePath =>
  key === undefined ? ['map', 'columns', index] : ['map', 'columns', index, key]

/** The types whose values Postgres and the worker order in the same way. */
const orderedTypes: ReadonlySet<string> = new Set([
  ...['integer', 'bigint', 'double', 'timestamp', 'date'],
])

/** Of the name of a topic in Kafka. */
const maxTopicLength = 249

const typeOf = (columns: readonly FileColumn[], name: string): string | undefined =>
  columns.find((column) => column.name === name)?.type.type

const listOf = (columns: readonly FileColumn[]): string =>
  columns.map(({ name }) => name).join(', ')

const reservedName: TableRule = ({ name }) => faultsOfName(name)

/** Postgres would find its system table before the declared one, and has these columns in every table. */
const systemNames: TableRule = ({ map: { columns }, to: { table } }) => [
  ...faultsOfTableName(table.name),
  ...columns.flatMap(({ name }, index) => {
    if (!systemColumns.has(name)) return []
    const message = `map.columns[${index}]: Postgres has a system column "${name}" in every table; choose another name, and declare from = "$.${name}".`
    return [{ path: columnPath(index, 'name'), message }]
  }),
]

const distinctColumns: TableRule = ({ map: { columns } }) =>
  columns.flatMap(({ name }, index) => {
    const first = columns.findIndex((column) => column.name === name)
    if (first === index) return []
    const message = `map.columns[${index}]: the column "${name}" is declared twice; remove one of them.`
    return [{ path: columnPath(index, 'name'), message }]
  })

const keyColumns: TableRule = ({ map: { columns }, to: { table } }) =>
  (table.key ?? []).flatMap((name, index) => {
    const path = ['to', 'table', 'key', index]
    const type = typeOf(columns, name)
    if (type === undefined) {
      return [
        {
          path,
          message: `to.table.key: there is no column "${name}"; the columns are ${listOf(columns)}.`,
        },
      ]
    }
    if (type === 'json') {
      return [
        {
          path,
          message: `to.table.key: the column "${name}" has the type json, which cannot be part of a key.`,
        },
      ]
    }
    const isRepeated = (table.key ?? []).indexOf(name) < index
    return isRepeated ? [{ path, message: `to.table.key: "${name}" is listed twice.` }] : []
  })

const conflictRule: TableRule = ({ map: { columns }, to: { table } }) => {
  const { key, on_conflict: rule } = table
  const path = ['to', 'table', 'on_conflict']
  if (rule === undefined) return []
  if (key === undefined) {
    return [
      {
        path,
        message:
          'to.table.on_conflict: a table without "key" has no conflicts; declare "key", or remove this line to append every record.',
      },
    ]
  }
  if (!rule.startsWith('newest:')) return []
  const name = rule.slice('newest:'.length)
  const type = typeOf(columns, name)
  if (type === undefined) {
    return [
      {
        path,
        message: `to.table.on_conflict: there is no column "${name}"; the columns are ${listOf(columns)}.`,
      },
    ]
  }
  if (key.includes(name)) {
    return [
      {
        path,
        message: `to.table.on_conflict: "${name}" is part of the key, so it is equal in every conflict; name another column.`,
      },
    ]
  }
  if (orderedTypes.has(type)) return []
  return [
    {
      path,
      message: `to.table.on_conflict: the column "${name}" has the type ${type}; newest needs ${[...orderedTypes].join(', ')}.`,
    },
  ]
}

const groupBy: Rule = ({ from: { topic }, map: { columns }, to: { table } }) => {
  const { group_by: name, partitions } = topic
  const path = ['from', 'topic', 'group_by']
  if (name === undefined) {
    const message =
      'from.topic.partitions: it is the number of partitions of the topic that group_by writes; declare "group_by", or remove this key.'
    return partitions === undefined ? [] : [{ path: ['from', 'topic', 'partitions'], message }]
  }
  if (typeOf(columns, name) === undefined) {
    return [
      {
        path,
        message: `from.topic.group_by: there is no column "${name}"; the columns are ${listOf(columns)}.`,
      },
    ]
  }
  if (typeOf(columns, name) === 'json') {
    const message = `from.topic.group_by: the column "${name}" has the type json, whose values have no fixed text; name another column.`
    return [{ path, message }]
  }
  const groupedTopic = groupedTopicOf(topic.name, name)
  if (groupedTopic.length > maxTopicLength) {
    const message = `from.topic.group_by: the name of the topic "${groupedTopic}" is longer than ${maxTopicLength} characters; rename the topic or the column.`
    return [{ path, message }]
  }
  const key = table.key ?? []
  const isOrdered = key.includes(name) || isRecordKey(columns, key)
  if (table.on_conflict !== 'update' || isOrdered) return []
  const message = `to.table.on_conflict: "update" needs records with equal keys in one partition, but group_by "${name}" is not part of the key (${key.join(', ')}); use "newest:COLUMN".`
  return [{ path: ['to', 'table', 'on_conflict'], message }]
}

/** Whether the key of the table is the key of the record. */
function isRecordKey(columns: readonly FileColumn[], key: readonly string[]): boolean {
  const [first] = key
  return key.length === 1 && columns.some(({ name, from }) => name === first && from === 'key')
}

const unknownColumn: Rule = ({ map: { unknown, columns } }) => {
  if (!unknown.startsWith('column:')) return []
  const name = unknown.slice('column:'.length)
  const path = ['map', 'unknown']
  const column = columns.find((each) => each.name === name)
  if (column?.type.type !== 'json') {
    return [
      {
        path,
        message: `map.unknown: "${name}" must be a column with the type json; declare { name = "${name}", type = "json" }.`,
      },
    ]
  }
  if (column.from === undefined && column.default === undefined) return []
  return [
    {
      path,
      message: `map.unknown: the column "${name}" gets the unknown fields; remove its "from" and "default".`,
    },
  ]
}

const sources: Rule = ({ map: { columns } }) =>
  columns.flatMap(({ name, type, from }, index) => {
    const path = columnPath(index, 'from')
    const needs = neededType(from)
    if (needs === undefined || needs.includes(type.type)) return []
    const message = `map.columns[${index}]: "${name}" is read from ${from ?? ''} and needs the type ${needs.join(' or ')}; it is ${type.type}.`
    return [{ path, message }]
  })

/** The types that a source other than a field can have; undefined for any. */
function neededType(from: string | undefined): readonly string[] | undefined {
  if (from === 'time') return ['timestamp']
  return from === 'headers' ? ['json'] : undefined
}

const limits: TableRule = ({ map: { columns } }) =>
  columns.flatMap(({ name, type, max_length: maxLength }, index) => {
    if (maxLength === undefined || type.type === 'text') return []
    const message = `map.columns[${index}]: max_length is only for the type text; "${name}" is ${type.type}.`
    return [{ path: columnPath(index, 'max_length'), message }]
  })

const defaults: TableRule = ({ map: { columns } }) =>
  columns.flatMap(({ name, type, default: value, required, max_length: maxLength }, index) => {
    if (value === undefined) return []
    const path = columnPath(index, 'default')
    if (required) {
      const message = `map.columns[${index}]: "${name}" has a default, so "required" has no effect; remove one of them.`
      return [{ path, message }]
    }
    const fault = toColumnValue({ ...type, maxLength }, value)
    if (!(fault instanceof ValueFault)) return []
    return [{ path, message: `map.columns[${index}]: the default of "${name}" ${fault.detail}` }]
  })

const committedStart: Rule = ({ from: { topic } }) => faultsOfStart(topic)

const tableRules: readonly TableRule[] = [
  reservedName,
  systemNames,
  distinctColumns,
  keyColumns,
  conflictRule,
  limits,
  defaults,
]

const rules: readonly Rule[] = [...tableRules, groupBy, unknownColumn, sources, committedStart]
