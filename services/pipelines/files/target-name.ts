/** The longest name of a file, in bytes. */
const maxBytes = 255
/** The error log has the name of the file that could not be loaded, and this suffix. */
export const errorLogSuffix = '.error_log'
/** For the suffix of the error log. */
const reservedBytes = errorLogSuffix.length

/**
 * The name of the n-th file with this name in a folder: `orders.csv`, `orders.2.csv`, …
 * A long name is shortened.
 */
export function nameOfCopy(name: string, copy: number): string {
  const point = name.lastIndexOf('.')
  const [base, extension] = point > 0 ? [name.slice(0, point), name.slice(point)] : [name, '']
  const ending = copy === 1 ? extension : `.${copy}${extension}`
  const free = maxBytes - reservedBytes - bytesOf(ending)
  if (bytesOf(base) <= free) return base + ending
  if (free > 0) return shorten(base, free) + ending
  const number = copy === 1 ? '' : `.${copy}`
  return shorten(name, maxBytes - reservedBytes - bytesOf(number)) + number
}

const encoder = new TextEncoder()
const bytesOf = (text: string): number => encoder.encode(text).length

/** Removes characters from the end until the text has at most so many bytes. */
function shorten(text: string, bytes: number): string {
  const characters = Array.from(text)
  let length = bytesOf(text)
  while (length > bytes) length -= bytesOf(characters.pop() ?? '')
  return characters.join('')
}
