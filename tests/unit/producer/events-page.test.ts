import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { eventsPage, eventsPagePolicy } from '../../../services/producer/pages/events-page.ts'

const page = eventsPage(1_234_567)

function hashesOf(tag: string): string[] {
  const elements = page.matchAll(new RegExp(`<${tag}[^>]*>(.*?)</${tag}>`, 'gs'))
  return [...elements].map(([, content = '']) => {
    return `'sha256-${createHash('sha256').update(content).digest('base64')}'`
  })
}

function sourcesOf(directive: string): string | undefined {
  const found = eventsPagePolicy.split('; ').find((text) => text.startsWith(`${directive} `))
  return found?.slice(directive.length + 1)
}

describe('eventsPage', () => {
  it('allows only its own script and style, by their hashes', () => {
    expect(hashesOf('script')).to.deep.equal([sourcesOf('script-src')])
    expect(hashesOf('style')).to.deep.equal([sourcesOf('style-src')])
  })

  it('allows requests only to its own origin', () => {
    expect(sourcesOf('default-src')).to.equal("'none'")
    expect(sourcesOf('connect-src')).to.equal("'self'")
    expect(sourcesOf('base-uri')).to.equal("'none'")
    expect(sourcesOf('form-action')).to.equal("'none'")
  })

  it('contains no external URL, no inline event handler and no style attribute', () => {
    expect(page.match(/(https?:)?\/\/[a-z]/gi)).to.equal(null)
    expect(page.match(/\son[a-z]+=/gi)).to.equal(null)
    expect(page.match(/\sstyle=/gi)).to.equal(null)
  })

  it('contains the current count', () => {
    expect(page).to.include('>1,234,567</div>')
  })
})
