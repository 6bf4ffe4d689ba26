import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from '../../../scripts/platform/paths.ts'

/** Parses every TypeScript file in the folders, except the dashboard's page. */
export function parsedSources(folders: readonly string[]): ts.SourceFile[] {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name).replaceAll('\\', '/'))
      .filter((name) => name.endsWith('.ts') && !name.startsWith('services/dashboard/page/')),
  )
  return files.sort().map(parsed)
}

const cache = new Map<string, ts.SourceFile>()

function parsed(file: string): ts.SourceFile {
  const text = readFileSync(join(root, file), 'utf8')
  const source = cache.get(file) ?? ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  cache.set(file, source)
  return source
}

/** A node and all its descendants. */
export function nodesOf(node: ts.Node): ts.Node[] {
  const nodes: ts.Node[] = []
  const visit = (current: ts.Node): void => {
    nodes.push(current)
    ts.forEachChild(current, visit)
  }
  visit(node)
  return nodes
}

/**
 * The text of a string literal or a template, with `*` for parts known only at run time. For a
 * conditional expression: both texts, separated by ` | `.
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
