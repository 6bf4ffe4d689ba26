/** Position of an acknowledged reading: log, partition and offset. */
export type RecordPosition = {
  readonly logId: number
  readonly partition: number
  readonly offset: number
}

export type ReceiptStatus =
  | { readonly status: 'queued' }
  | { readonly status: 'stored' }
  | { readonly status: 'duplicate' }
  /** The record changed an existing row. */
  | { readonly status: 'updated' }
  /** A newer record of the same key had been stored already. */
  | { readonly status: 'superseded' }
  | {
      readonly status: 'dead-lettered'
      readonly code: string
      readonly detail: string
      /** `discarded`: an operator decided that it will not be stored. */
      readonly state: 'open' | 'discarded'
    }
  | { readonly status: 'expired' }
  /** Two readings may have this receipt, because Kafka has lost its log. Their outcomes differ. */
  | { readonly status: 'unknown' }

const pattern = /^([1-9]\d{0,8})-(0|[1-9]\d{0,5})-(0|[1-9]\d{0,15})$/

/** `log-partition-offset`, e.g. `1-3-1042`. */
export function toReceipt(position: RecordPosition): string {
  return `${position.logId}-${position.partition}-${position.offset}`
}

/** Returns the position that a receipt names, or undefined if the text is not a receipt. */
export function parseReceipt(text: string): RecordPosition | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [logId, partition, offset] = [Number(match[1]), Number(match[2]), Number(match[3])]
  return Number.isSafeInteger(offset) ? { logId, partition, offset } : undefined
}
