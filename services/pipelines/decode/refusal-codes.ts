/** Why a record of a declared pipeline becomes a dead letter when it is decoded. */
export const refusalCodes = [
  ...(['no-value', 'not-utf8', 'not-json', 'not-an-object', 'too-deep'] as const),
  ...(['missing-field', 'unknown-field'] as const),
  ...(['wrong-type', 'out-of-range', 'inexact-number', 'too-long', 'bad-text'] as const),
  'no-origin' as const,
]

export type RefusalCode = (typeof refusalCodes)[number]
