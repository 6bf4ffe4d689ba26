/** A text as one word of a shell command line. */
export function quoteForShell(text: string): string {
  return /^[\w./:=,+@%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
