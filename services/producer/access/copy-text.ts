/** V8 keeps the whole text of a request in memory as long as a part of it is used. A copy is independent of it. */
export function copyText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
