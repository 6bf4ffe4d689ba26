/**
 * A text as a field of CSV (RFC 4180); null as an empty field. A spreadsheet would take a text that begins with one
 * of `= + - @` for a formula, so it gets an apostrophe before it.
 */
export function csvText(text: string | null): string {
  if (text === null) return ''
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
