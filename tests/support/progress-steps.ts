import { expect } from 'chai'
import type { ReadTopic } from './read-topic.ts'
import { until } from './until.ts'

/** After `data_test.tsv`, another one, `test.csv` and `bad_test.tsv` were dropped. @param tracker reads the topic */
export function describeProgress(tracker: () => ReadTopic): void {
  it('a consumer of the topic pizza-tracker reads what became of each file', async () => {
    const ends = () =>
      tracker()
        .values()
        .filter(({ status }) => status === 'complete' || status === 'failed')
    await until('all files have ended', () => ends().length >= 4)
    const eventsOf = (filename: string) => {
      const events = tracker().values()
      const job = events.find((event) => event['filename'] === filename)?.['job_id']
      const changes = events
        .filter(({ job_id: id }) => id === job)
        .map(({ type, task, status, committed }) => [type, task, status, committed])
      // On a slow machine there are also events that differ only in their progress.
      return changes.filter(
        (each, index) => JSON.stringify(each) !== JSON.stringify(changes[index - 1]),
      )
    }
    const [created, update] = ['job_created', 'job_update']
    const loading = [
      [created, 'load_file', 'queued', undefined],
      [update, 'load_file', 'running', 0],
    ]
    const ofHandler = eventsOf('01_inbox/test.csv')
    expect(ofHandler).to.deep.equal([...loading, [update, 'load_file', 'complete', 0]])
    const ofBadFile = eventsOf('01_inbox/bad_test.tsv')
    expect(ofBadFile.slice(0, 2)).to.deep.equal(loading)
    expect(ofBadFile.at(-1)).to.deep.equal([update, 'load_file', 'failed', 0])
    expect(ends().map((event) => event['committed'])).to.have.members([0, 0, 1, 5])
  })
}
