import type { LineOfFile, StoredFile } from '../../adapters/postgres/files/file-reader.ts'

/** Why a file, or lines of it, were not loaded: a text for its user. */
export function toErrorText(file: StoredFile, letters: readonly LineOfFile[]): string {
  const { key, pipeline, state, lines, rejected, fault, detail, endedAt } = file
  const facts = [
    `file: ${JSON.stringify(key)}`,
    `pipeline: ${pipeline ?? 'none'}`,
    `state: ${state}${endedAt === null ? '' : `, ${endedAt.toISOString()}`}`,
    ...(fault === null ? [] : [`reason: ${fault.code}: ${fault.message}`]),
    ...(detail === null ? [] : [`note: ${detail}`]),
    ...(lines === null ? [] : [`lines: ${lines}, of which ${rejected ?? 0} were rejected`]),
  ]
  const rest = (rejected ?? 0) - letters.length
  const more = rest > 0 ? [`… and ${rest} more`] : []
  return [...facts, '', ...letters.map(toLine), ...more, ''].join('\n')
}

function toLine({ line, code, detail, text }: LineOfFile): string {
  return `line ${line}: ${code}: ${detail}\t${JSON.stringify(text.toString('utf8'))}`
}
