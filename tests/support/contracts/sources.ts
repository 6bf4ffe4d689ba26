import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from '../../../scripts/platform/local-access.ts'

/** Every TypeScript file below the folders, parsed; the dashboard's page is left out. */
export function parsedSources(folders: readonly string[]): ts.SourceFile[] {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name).replaceAll('\\', '/'))
      .filter((name) => name.endsWith('.ts') && !name.startsWith('services/dashboard/page/')),
  )
  return files.sort().map(parsed)
}

const known = new Map<string, ts.SourceFile>()

function parsed(file: string): ts.SourceFile {
  const text = readFileSync(join(root, file), 'utf8')
  const source = known.get(file) ?? ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  known.set(file, source)
  return source
}

/** A node and every node below it. */
export function nodesOf(node: ts.Node): ts.Node[] {
  const nodes: ts.Node[] = []
  const visit = (each: ts.Node): void => {
    nodes.push(each)
    ts.forEachChild(each, visit)
  }
  visit(node)
  return nodes
}

/**
 * A string literal or a template, with `*` for what is only known when it runs; of a choice between
 * two both, with ` | ` between them.
 */
export function textOf(node: ts.Node | undefined): string | undefined {
  if (node === undefined) return undefined
  if (ts.isConditionalExpression(node)) {
    const texts = [node.whenTrue, node.whenFalse].map(textOf)
    return texts.includes(undefined) ? undefined : texts.join(' | ')
  }
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  const parts = node.templateSpans.map(({ literal }) => `*${literal.text}`)
  return `${node.head.text}${parts.join('')}`
}
