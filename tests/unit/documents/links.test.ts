import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect } from 'chai'
import { root } from '../../../scripts/platform/paths.ts'
import { readDocuments, sourceFiles } from '../../support/documents.ts'

const documents = readDocuments()
const isExternal = (target: string): boolean => /^[a-z]+:/.test(target)

/** Why a link of a document leads nowhere; undefined if it leads to a file or an anchor. */
function faultOf(file: string, link: string): string | undefined {
  const [path = '', anchor] = decodeURI(link).split('#')
  const target = path === '' ? file : normalize(join(dirname(file), path))
  if (!existsSync(join(root, target))) return `${file}: ${link}: there is no file ${target}`
  if (anchor === undefined) return undefined
  const document = documents.find((each) => each.file === target)
  if (document?.anchors.has(anchor)) return undefined
  return `${file}: ${link}: ${target} has no heading #${anchor}`
}

describe('links of the documents', () => {
  it('lead to a file of the repository and to an anchor in it', () => {
    const faults = documents.flatMap(({ file, links }) =>
      links.filter((link) => !isExternal(link)).map((link) => faultOf(file, link)),
    )
    expect(faults.filter((fault) => fault !== undefined)).to.deep.equal([])
  })

  it('are found: README links to every page of docs, ARCHITECTURE to every decision', () => {
    const linked = (name: string) => documents.find(({ file }) => file === name)?.links ?? []
    const pages = documents.map(({ file }) => file).filter((file) => file.startsWith('docs/'))
    const decisions = pages.filter((file) => file.startsWith('docs/decisions/'))
    expect(decisions).to.have.length.of.at.least(51)
    expect(linked('ARCHITECTURE.md')).to.include.members(decisions)
    const others = pages.filter((file) => !file.startsWith('docs/decisions/'))
    expect(linked('README.md')).to.include.members(others)
  })
})

describe('documents that comments cite', () => {
  it('exist', () => {
    const faults = sourceFiles().flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      const cited = [...text.matchAll(/\b(?:docs\/[\w/-]+|[A-Z]{4,})\.md\b/g)].map(([path]) => path)
      return cited
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${file} cites ${path}`)
    })
    expect(faults).to.deep.equal([])
  })

  it('are cited by file, not by the number of a decision', () => {
    const numbered = sourceFiles().filter((file) =>
      /\b(?:ARCHITECTURE(?:\.md)?,? |decision )\d+/i.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(numbered).to.deep.equal([])
  })
})
