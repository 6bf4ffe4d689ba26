import { expect } from 'chai'
import { findHeaderEnd } from '../../../../services/pipelines/files/delimited/header-end.ts'

describe('The header of a delimited file', () => {
  const headerOf = (text: string, quote: string | null = '"'): string | undefined => {
    const bytes = Buffer.from(text)
    const end = findHeaderEnd(bytes, quote ?? undefined)
    return end < 0 ? undefined : bytes.subarray(0, end).toString()
  }

  it('ends at the first line break outside quotes', () => {
    expect(headerOf('id,name\n1,a\n')).to.equal('id,name')
    expect(headerOf('id,"name\nof ""it"""\n1,a\n')).to.equal('id,"name\nof ""it"""')
    expect(headerOf('id,"name\n', null)).to.equal('id,"name')
  })

  it('may come after empty lines', () => {
    expect(headerOf('\r\n\nid,name\n1,a\n')).to.equal('\r\n\nid,name')
  })

  it('is not complete before its line break', () => {
    expect(headerOf('id,"name\n1,a\n')).to.equal(undefined)
    expect(headerOf('id')).to.equal(undefined)
  })
})
