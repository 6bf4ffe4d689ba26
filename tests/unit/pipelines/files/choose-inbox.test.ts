import { expect } from 'chai'
import { chooseInbox } from '../../../../services/pipelines/files/choose-inbox.ts'

const filePipeline = (name: string, match: readonly string[], inbox = '01_inbox') => ({
  name,
  declaration: {
    ...{ kind: 'task', name, step: { kind: 'map' }, to: { kind: 'table' } },
    source: { kind: 'files', inbox, match },
  },
})

const stored = [
  filePipeline('orders', ['*.csv']),
  filePipeline('payments', ['*_pay.csv', '*.tsv']),
  filePipeline('special', ['*.csv'], 'special'),
  { name: 'topic', declaration: { topic: { name: 'data' } } },
  { name: 'reset', declaration: null },
]

const choose = (name: string, to?: string) => {
  const chosen = chooseInbox(stored, { name, to })
  return chosen.kind === 'chosen' ? [chosen.pipeline, chosen.key] : chosen.reason
}

describe('The inbox for a file', () => {
  it('is that of the first pipeline, by name, that matches the file', () => {
    expect(choose('a.csv')).to.deep.equal(['orders', '01_inbox/a.csv'])
    expect(choose('a.tsv')).to.deep.equal(['payments', '01_inbox/a.tsv'])
  })

  it('is that of the named pipeline if the file would go to it', () => {
    expect(choose('a.csv', 'special')).to.deep.equal(['special', 'special/a.csv'])
  })

  it('is the inbox of the pipeline with types if no name matches', () => {
    const typed = (name: string, inbox: string) => {
      const { declaration } = filePipeline(name, [], inbox)
      const source = { ...declaration.source, mimetypes: ['text/csv', 'text/*'] }
      return { name, declaration: { ...declaration, source } }
    }
    const chosen = (...more: readonly ReturnType<typeof typed>[]) =>
      chooseInbox([...stored, ...more], { name: 'a.txt', to: undefined })
    expect(chosen(typed('texts', 'texts'))).to.deep.equal({
      ...{ kind: 'chosen', pipeline: 'texts', key: 'texts/a.txt' },
    })
    expect(chosen(typed('texts', 'texts'), typed('words', 'texts'))).to.include({
      pipeline: 'texts',
    })
    expect(chosen(typed('texts', 'texts'), typed('words', 'words'))).to.include({
      reason:
        'No pipeline matches the name "a.txt". Several pipelines with different inboxes load files by their types: texts: text/csv, text/*; words: text/csv, text/*. Name one of them: npm run drop -- FILE --to texts.',
    })
  })

  it('is refused with the reason and what would match', () => {
    const refusals = {
      'a.txt':
        'No pipeline matches "a.txt". The names that pipelines load: orders: "*.csv"; payments: "*_pay.csv", "*.tsv"; special: "*.csv". Rename the file, or change from.files.match.',
      '.a.csv': 'The name ".a.csv" begins with a dot: such files are ignored. Rename the file.',
    }
    for (const [name, reason] of Object.entries(refusals)) expect(choose(name)).to.equal(reason)
    expect(choose('a.txt', 'orders')).to.equal(
      'The pipeline orders does not match "a.txt"; it loads files with the names "*.csv". Rename the file, or change from.files.match.',
    )
    expect(choose('a_pay.csv', 'payments')).to.equal(
      'The pipeline orders matches "a_pay.csv" too, and comes before payments in the folder 01_inbox. Rename the file, or give payments another from.files.inbox.',
    )
    expect(choose('a.csv', 'topic')).to.equal(
      'The pipeline topic does not load files; those that load files are: orders, payments, special.',
    )
    expect(choose('a.csv', 'none')).to.equal(
      'There is no pipeline "none"; those that load files are: orders, payments, special.',
    )
    expect(chooseInbox([], { name: 'a', to: undefined })).to.include({
      reason: 'No pipeline loads files. docs/pipelines.md, "Files", describes how to declare one.',
    })
  })
})
