import { expect } from 'chai'
import { CommanderError } from 'commander'
import type { DeadLettersRequest } from '../../../../scripts/dead-letters/request.ts'
import { parseRequest } from '../../../../scripts/dead-letters/request.ts'

const common = { choice: {}, json: false, pipeline: 'readings' }
const noon = 1_769_860_800_000_000
const open = { codes: undefined, since: undefined, until: undefined, states: ['open'] }

/** The error message for wrong arguments; empty if they are valid. */
function errorOf(...args: string[]): string {
  let message = ''
  try {
    parseRequest(args, (text) => (message += text))
    return ''
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 1) return message.trim()
    throw error
  }
}

function selectionOf(...args: string[]) {
  const request: DeadLettersRequest = parseRequest(args)
  return 'selection' in request ? request.selection : undefined
}

describe('arguments of npm run dead-letters', () => {
  it('list the newest 50 open dead letters by default', () => {
    expect(parseRequest(['list'])).to.deep.equal({
      kind: 'list',
      filter: open,
      limit: 50,
      ...common,
    })
    expect(parseRequest(['list', '--open'])).to.deep.equal(parseRequest(['list']))
  })

  it('filter by reason, time and state', () => {
    const since = ['--since', '2026-01-31']
    const until = ['--until', '2026-01-31T13:00:00+01:00']
    const reasons = ['--reason', 'out-of-range', '--reason', 'key-conflict']
    const args = [...since, ...until, ...reasons, '--all', '--limit', '7', '--json']
    const where = ['--target', 'docker', '--network', 'mine']
    expect(parseRequest(['list', ...args, ...where])).to.deep.equal({
      kind: 'list',
      filter: {
        codes: ['out-of-range', 'key-conflict'],
        since: noon - 12 * 3_600_000_000,
        until: noon,
        states: ['open', 'redriven', 'discarded'],
      },
      limit: 7,
      choice: { target: 'docker', network: 'mine' },
      json: true,
      pipeline: 'readings',
    })
  })

  it('name a dead letter by its id or by the receipt of its record', () => {
    const reference = { logId: 1, partition: 3, offset: 1042 }
    expect(parseRequest(['show', '12'])).to.deep.equal({ kind: 'show', reference: 12, ...common })
    expect(parseRequest(['show', '1-3-1042'])).to.deep.equal({ kind: 'show', reference, ...common })
  })

  it('choose dead letters to redrive by ids or by filters', () => {
    expect(selectionOf('redrive', '12', '1-0-0')).to.deep.equal({
      kind: 'named',
      references: [12, { logId: 1, partition: 0, offset: 0 }],
    })
    const everyOpen = { kind: 'matching', filter: open, atMost: Infinity }
    expect(selectionOf('redrive', '--open')).to.deep.equal(everyOpen)
    expect(selectionOf('redrive', '--limit', '5')).to.deep.equal({ ...everyOpen, atMost: 5 })
    const filter = { ...open, codes: ['expired'] }
    expect(selectionOf('discard', '--reason', 'expired')).to.deep.equal({ ...everyOpen, filter })
  })

  it('accept --yes and the reason of a discard', () => {
    const request = parseRequest(['discard', '1', '--reason-text', 'test drive', '-y'])
    expect(request).to.include({ reasonText: 'test drive', yes: true })
    expect(parseRequest(['discard', '1'])).to.include({ reasonText: null, yes: false })
  })

  for (const [args, mistake] of [
    [
      ['redrive'],
      /^error: choose dead letters by ids, --reason, --since or --until, or all open ones by --open\.$/,
    ],
    [['redrive', '1', '--reason', 'expired'], /^error: choose by ids or by filters, not by both/],
    [['discard', '1', '--open'], /not by both/],
    [
      ['list', '--reason', 'tired'],
      /'tired' is invalid\. Known reasons: not-an-object, .*key-conflict/,
    ],
    [['list', '--since', '2026-01-31T12:00:00'], /Expected ISO 8601 with an offset or a day/],
    [['list', '--since', '2026-02-30'], /Expected ISO 8601/],
    [['list', '--until', '0000-12-31'], /Expected ISO 8601/],
    [['list', '--until', '9999-12-31T23:59:59-01:00'], /Expected ISO 8601/],
    [['list', '--since', '2026-01-31', '--until', '2026-01-31'], /--since must be before --until/],
    [['list', '--open', '--all'], /'--open' cannot be used with option '--all'/],
    [['list', '--limit', '0'], /Expected a whole number from 1 to/],
    [['show', '0'], /Expected the id of a dead letter, or a receipt/],
    [['show'], /missing required argument 'id'/],
    [['show', '1', '2'], /too many arguments/],
    [['bury', '1'], /unknown command 'bury'/],
  ] as const) {
    it(`are rejected: ${args.join(' ')}`, () => {
      expect(errorOf(...args)).to.match(mistake)
    })
  }

  it('accept times from year 1 to 9999', () => {
    for (const time of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z']) {
      expect(parseRequest(['list', '--until', time])).to.include({ kind: 'list' })
    }
  })

  it('skip a range of offsets of a partition', () => {
    const request = { kind: 'skip', partition: 3, first: 120, last: 139, yes: true, ...common }
    expect(parseRequest(['skip', '3', '120..139', '--yes'])).to.deep.equal(request)
    for (const range of ['120', '120-139', '139..120', '1..', '..1', '-1..2', '1..2..3', 'a..b']) {
      expect(errorOf('skip', '3', range), range).to.contain('error: ')
    }
    for (const partition of ['x', '1.5', '']) {
      expect(errorOf('skip', partition, '1..2')).to.contain('Expected the number of a partition')
    }
  })
})
