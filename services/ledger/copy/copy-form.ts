/** How `COPY` reads the rows that are sent to it. */
export type CopyForm =
  | { readonly kind: 'binary' }
  /** Lines as they stand in a file. An empty field without quotes is null. */
  | {
      readonly kind: 'csv'
      /** The columns, in the order of the fields. */
      readonly columns: readonly string[]
      readonly delimiter: string
      /** The quote, which is written twice inside a field with quotes. */
      readonly quote: string
    }

export const binaryForm: CopyForm = { kind: 'binary' }
