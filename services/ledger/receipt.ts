/** Where an acknowledged reading stands: which log, which partition, which offset. */
export type RecordPosition = {
  readonly logId: number
  readonly partition: number
  readonly offset: number
}

export type ReceiptStatus =
  | { readonly status: 'queued' }
  | { readonly status: 'stored' }
  | { readonly status: 'duplicate' }
  /** The record changed a row that was there. */
  | { readonly status: 'updated' }
  /** A newer record of the same key was stored before. */
  | { readonly status: 'superseded' }
  | {
      readonly status: 'dead-lettered'
      readonly code: string
      readonly detail: string
      /** Whether somebody has discarded it for good. */
      readonly state: 'open' | 'discarded'
    }
  | { readonly status: 'expired' }

const pattern = /^([1-9]\d{0,8})-(0|[1-9]\d{0,5})-(0|[1-9]\d{0,15})$/

/** `log-partition-offset`, e.g. `1-3-1042`. */
export function toReceipt(position: RecordPosition): string {
  return `${position.logId}-${position.partition}-${position.offset}`
}

/** The position a receipt names, or undefined where the text is not a receipt. */
export function parseReceipt(text: string): RecordPosition | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [logId, partition, offset] = [Number(match[1]), Number(match[2]), Number(match[3])]
  return Number.isSafeInteger(offset) ? { logId, partition, offset } : undefined
}
