import type { LineFault } from './delimited/delimited-scanner.ts'

/** Why a line becomes a dead letter. */
export type LineRefusal = { readonly code: string; readonly detail: string }

const kibibytes = 1_024

/** Of a line whose dead letter has only its beginning. */
export const tooLongCode = 'too-long'

export const describeTooLong = (maxLineBytes: number): LineRefusal => ({
  code: tooLongCode,
  detail: `The line has more than ${maxLineBytes / kibibytes} KiB.`,
})

/** @param quote the quote of the format */
export function describeLineFault(
  fault: LineFault,
  quote: string,
  maxLineBytes: number,
): LineRefusal {
  switch (fault) {
    case 'bad-quote':
      return {
        code: fault,
        detail: `A field has the quote ${quote} at a wrong place: a field with quotes begins and ends with one, and has it twice inside.`,
      }
    case 'quote-not-closed':
      return {
        code: fault,
        detail: `A field begins with the quote ${quote} and has no closing one.`,
      }
    case tooLongCode:
      return describeTooLong(maxLineBytes)
    default:
      return fault satisfies never
  }
}
