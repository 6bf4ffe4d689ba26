import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import GithubSlugger from 'github-slugger'
import MarkdownIt from 'markdown-it'
import { root } from '../../scripts/platform/paths.ts'

/** A Markdown file of the repository. */
export type Document = {
  /** Path from the clone on, e.g. `docs/http.md`. */
  readonly file: string
  /** Targets of its links and images, as written. */
  readonly links: readonly string[]
  /** Anchors of its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>
  /** Lines of code blocks without a language, and pieces of inline code. */
  readonly code: readonly string[]
}

const markdown = new MarkdownIt()

type Token = ReturnType<typeof markdown.parse>[number]

/** All Markdown files of the clone's top level and of `docs`. */
export function readDocuments(): Document[] {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'))
  const below = readdirSync(join(root, 'docs'), { encoding: 'utf8', recursive: true })
  const docs = below.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))
  return [...top, ...docs].sort().map((file) => readDocument(file))
}

function readDocument(file: string): Document {
  const tokens = markdown.parse(readFileSync(join(root, file), 'utf8'), {})
  const inline = tokens.flatMap(({ children }) => children ?? [])
  return { file, links: linksOf(inline), anchors: anchorsOf(tokens), code: codeOf(tokens, inline) }
}

function linksOf(inline: readonly Token[]): string[] {
  return inline.flatMap((token) => {
    const target = token.attrGet('href') ?? token.attrGet('src')
    return target === null ? [] : [target]
  })
}

function anchorsOf(tokens: readonly Token[]): Set<string> {
  const slugger = new GithubSlugger()
  const headings = tokens.filter((_, index) => tokens[index - 1]?.type === 'heading_open')
  const texts = headings.map(({ children }) =>
    (children ?? []).map(({ content }) => content).join(''),
  )
  return new Set(texts.map((text) => slugger.slug(text)))
}

function codeOf(tokens: readonly Token[], inline: readonly Token[]): string[] {
  const blocks = tokens.filter(({ type, info }) => type === 'fence' && info === '')
  const lines = blocks.flatMap(({ content }) => content.replaceAll('\\\n', '').split('\n'))
  const pieces = inline.filter(({ type }) => type === 'code_inline')
  return [...lines, ...pieces.map(({ content }) => content)].filter((text) => text !== '')
}

const sources = /\.(?:ts|mts|mjs|cjs|sql|sh|css|html|yml|toml|Dockerfile|cfg)$/

/** Paths of all files with comments, from the clone on. */
export function sourceFiles(): string[] {
  const below = ['infra', 'services', 'fleet', 'scripts', 'tests'].flatMap((folder) =>
    readdirSync(join(root, folder), { encoding: 'utf8', recursive: true }).map((name) =>
      join(folder, name),
    ),
  )
  const top = readdirSync(root).filter((name) => !name.startsWith('.git'))
  return [...below, ...top].filter((name) => sources.test(name)).sort()
}

/**
 * The first code block of each language in a Markdown file.
 *
 * @param file path from the clone on
 */
export function fencedCode(file: string, languages: readonly string[]): string[] {
  const fences = markdown.parse(readFileSync(join(root, file), 'utf8'), {})
  return languages.map((language) => {
    const fence = fences.find(({ type, info }) => type === 'fence' && info.trim() === language)
    if (fence === undefined) throw new Error(`${file} has no code block of ${language}`)
    return fence.content
  })
}
