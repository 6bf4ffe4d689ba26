import { expect } from 'chai'

// Fails. tests/e2e/test-command.test.ts runs it and reads the report.
describe('a file with a test that fails', () => {
  it('has a test that passes', () => {
    expect(1 + 1).to.equal(2)
  })

  it('has a test that fails', () => {
    expect(1 + 1).to.equal(3)
  })

  it('fails with a long error', () => {
    throw new Error(Array.from({ length: 12 }, (_, line) => `line ${line}`).join('\n\n'))
  })
})
