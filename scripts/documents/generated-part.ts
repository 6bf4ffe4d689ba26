import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../platform/paths.ts'

/** The part of a document that a command writes, between two HTML comments. */
export type GeneratedPart = {
  /** Path of the document from the clone on. */
  readonly file: string
  /** What the part shows, as in `<!-- NAME: made by npm run COMMAND -->`. */
  readonly name: string
  readonly command: string
}

type Split = { readonly before: string; readonly content: string; readonly after: string }

/** @throws Error if the document does not have both comments */
function splitDocument({ file, name, command }: GeneratedPart): Split {
  const text = readFileSync(join(root, file), 'utf8')
  const begin = `<!-- ${name}: made by npm run ${command} -->\n`
  const [beginAt, end] = [text.indexOf(begin), text.indexOf(`<!-- end of ${name} -->`)]
  if (beginAt < 0 || end < beginAt) throw new Error(`${file} has no part "${name}".`)
  const contentAt = beginAt + begin.length
  return {
    before: text.slice(0, contentAt),
    content: text.slice(contentAt, end),
    after: text.slice(end),
  }
}

export function readGeneratedPart(part: GeneratedPart): string {
  return splitDocument(part).content
}

export function writeGeneratedPart(part: GeneratedPart, content: string): void {
  const { before, after } = splitDocument(part)
  writeFileSync(join(root, part.file), `${before}${content}${after}`)
}
