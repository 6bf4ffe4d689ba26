import type { ColumnKind, ConflictRule } from '../../ledger/table-schema.ts'

/** Where the value of a column comes from. */
export type ColumnSource =
  /** A field of the JSON value, by the names that lead to it. */
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'key' }
  | { readonly kind: 'header'; readonly name: string }
  /** All headers as a JSON object. */
  | { readonly kind: 'headers' }
  /** The time of the record: of its creation or of its append, as the topic has it. */
  | { readonly kind: 'time' }

export type DeclaredColumn = ColumnKind & {
  readonly name: string
  readonly source: ColumnSource
  /** The value of a record without the field; undefined for null. */
  readonly default: string | number | boolean | undefined
  /** Whether a record without a value becomes a dead letter. The columns of the key are required. */
  readonly required: boolean
  /** Most characters of a `text`; undefined without a limit. */
  readonly maxLength: number | undefined
  readonly comment: string
}

/** What becomes of fields that no column has. */
export type UnknownFields =
  | { readonly kind: 'ignore' }
  /** The record becomes a dead letter. */
  | { readonly kind: 'reject' }
  /** They are stored as a JSON object in this column. */
  | { readonly kind: 'column'; readonly name: string }

/** A pipeline from a topic to a table, as a user has declared it. */
export type Declaration = {
  readonly name: string
  readonly isEnabled: boolean
  readonly topic: {
    readonly name: string
    /** Where the first log begins. */
    readonly start: 'earliest' | 'latest' | 'committed'
    /** The consumer group; undefined for the group that the name of the pipeline gives. */
    readonly group: string | undefined
    /** The column by which records are divided into partitions first. */
    readonly groupBy: string | undefined
    /** Partitions of the topic that `groupBy` writes. */
    readonly partitions: number | undefined
  }
  /** Records are stored when there are so many, or when the first one has waited so long. */
  readonly batch: { readonly records: number; readonly withinMs: number } | undefined
  /** Number of records after which the offset is committed to Kafka, for Kafka's tools only. */
  readonly commitEvery: number | undefined
  readonly unknownFields: UnknownFields
  readonly columns: readonly DeclaredColumn[]
  readonly table: {
    readonly name: string
    /** The columns of the primary key; none for a table to which every record adds a row. */
    readonly key: readonly string[]
    readonly onConflict: ConflictRule
  }
}
