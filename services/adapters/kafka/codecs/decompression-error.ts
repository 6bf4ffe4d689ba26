/** The compressed bytes are damaged, or they become too large. The message completes "it cannot be decompressed". */
export class DecompressionError extends Error {}

/** A batch becomes larger than this when it is decompressed. */
export function tooLarge(maxBytes: number): DecompressionError {
  return new DecompressionError(`it becomes larger than ${maxBytes} bytes`)
}
