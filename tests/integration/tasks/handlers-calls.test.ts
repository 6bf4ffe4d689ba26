import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ExactNumber } from '../../../services/pipelines/decode/exact-json.ts'
import { handlerFile, partsOf, TestHandlers } from '../../support/handler-pool.ts'
import { until } from '../../support/until.ts'

const files = {
  'echo.ts': handlerFile('echo', `return params.result`),
  'day.ts': handlerFile(
    'day',
    `return [{ table: 't', data: [params] }]`,
    'z.object({ day: z.iso.date(), n: z.array(z.int()).default([1]) })',
  ),
  'context.ts': handlerFile(
    'context',
    `context.logger.info('one'); context.logger.warn({ a: 1 }); console.error('two')
     context.progress(0.25); context.progress(0.3); context.progress(1)
     return [{ table: 't', data: [{ id: context.id, attempt: context.attempt, aborted: context.signal.aborted, settings: context.settings }] }]`,
  ),
  'values.ts': handlerFile(
    'values',
    `return [{ table: 't', data: [{ big: 9007199254740993n, at: new Date(0), none: undefined, json: { a: [1n] } }] }]`,
  ),
  'wrong.ts': handlerFile(
    'wrong',
    `const cyclic = {}; cyclic.own = cyclic
     const rows = { nan: { speed: NaN }, deep: { a: [{ b: Infinity }] }, buffer: { bytes: Buffer.from('a') },
       date: { at: new Date(NaN) }, map: { m: new Map() }, call: { f: () => 1 }, cyclic, list: [1] }
     return [{ table: 't', data: [{ ok: 1 }, rows[params.kind]] }]`,
  ),
  'error.ts': handlerFile('error', `return [null, new Error('no source')]`),
  'permanent.ts': handlerFile(
    'permanent',
    `const error = new PermanentError('no such car')
     if (params.isReturned) return [null, error]
     throw error`,
  ).replace('{ handler', '{ PermanentError, handler'),
  'pair.ts': handlerFile(
    'pair',
    `return [[{ table: 't', refresh: true, data: [{ a: 1 }] }], null]`,
  ),
  'stream.ts': handlerFile(
    'stream',
    `return (async function* () {
       for (let n = 0; n < params.parts; n += 1) {
         yield { table: 't', data: Array.from({ length: 1_000 }, (_, i) => ({ n, i, text: 'x'.repeat(params.length) })) }
       }
       if (params.fails) throw new Error('half way')
     })()`,
  ),
  'sleep.ts': handlerFile(
    'sleep',
    `await new Promise((resolve) => setTimeout(resolve, params.ms))`,
  ),
  'spin.ts': handlerFile('spin', `for (const end = Date.now() + params.ms; Date.now() < end; );`),
  'quick.ts': handlerFile('quick', `return [{ table: 't', data: [{ pid: process.pid }] }]`),
}

describe('a call of a handler', function () {
  this.timeout(120_000)
  let tested: TestHandlers

  before(async () => {
    tested = await TestHandlers.start(files, { size: 2, settings: { key: 'value' } })
  })
  after(() => tested[Symbol.asyncDispose]())

  it('returns the parts of the result', async () => {
    const result = [
      { table: 'a', data: [{ x: 1 }, { x: null }] },
      { table: 'b', refresh: true, data: [] },
    ]
    expect(await tested.parts('echo', { result })).to.deep.equal([
      { table: 'a', refresh: false, rows: [{ x: 1 }, { x: null }] },
      { table: 'b', refresh: true, rows: [] },
    ])
  })

  it('may return nothing, or rows beside no error', async () => {
    expect(await tested.parts('echo')).to.deep.equal([])
    expect(await tested.parts('pair')).to.deep.equal([
      { table: 't', refresh: true, rows: [{ a: 1 }] },
    ])
  })

  it('fails if it returns an error beside its rows', async () => {
    expect(await tested.fault('error')).to.include({ code: 'threw', message: 'no source' })
  })

  it('fails with permanent-error if it throws a PermanentError, also beside its rows', async () => {
    for (const isReturned of [false, true]) {
      const { code, message, stack } = await tested.fault('permanent', { isReturned })
      expect({ code, message }).to.deep.equal({ code: 'permanent-error', message: 'no such car' })
      expect(stack).to.match(/permanent\.ts/)
    }
  })

  it('keeps all digits of a bigint, and writes dates as ISO text', async () => {
    expect(await tested.parts('values')).to.deep.equal([
      {
        table: 't',
        refresh: false,
        rows: [
          {
            big: new ExactNumber('9007199254740993'),
            at: '1970-01-01T00:00:00.000Z',
            json: { a: [1] },
          },
        ],
      },
    ])
  })

  it('has logger, progress, signal, id, attempt and settings', async () => {
    const [part] = (await tested.parts('context')) as { rows: unknown[] }[]
    const task = tested.lines.at(-1)?.task
    expect(part?.rows).to.deep.equal([
      { id: `p/api:${task}`, attempt: 1, aborted: false, settings: { key: 'value' } },
    ])
    expect(tested.lines.filter((line) => line.task === task)).to.deep.equal([
      { task, level: 'info', text: 'one' },
      { task, level: 'warn', text: '{ a: 1 }' },
      { task, level: 'warn', text: 'two' },
    ])
    expect(tested.progress).to.deep.equal([
      { task, fraction: 0.25 },
      { task, fraction: 1 },
    ])
    expect(tested.log.lines.filter(({ event }) => event === 'handler-line')[0]).to.include({
      ...{ level: 'info', pipeline: 'p', method: 'context', line: 'one', task },
    })
  })

  it('fails with bad-params, with each wrong place and what is right', async () => {
    expect(await tested.fault('day', { day: 'May', n: [1, 'x'] })).to.deep.equal({
      code: 'bad-params',
      message:
        'params.day: Invalid ISO date; params.n[1]: Invalid input: expected number, received string.',
      stack: undefined,
    })
    expect((await tested.fault('day', 'null')).message).to.equal(
      'params: Invalid input: expected object, received null.',
    )
  })

  it('gets the checked parameters, with defaults', async () => {
    const [part] = (await tested.parts('day', { day: '2026-11-29', other: 1 })) as {
      rows: unknown[]
    }[]
    expect(part?.rows).to.deep.equal([{ day: '2026-11-29', n: [1] }])
  })

  it('fails with not-json, with a hint for single quotes', async () => {
    const { code, message } = await tested.fault('day', "{'day': '2026-11-29'}")
    expect(code).to.equal('not-json')
    expect(message).to.match(/JSON has double quotes\.$/)
  })

  it('fails with unknown-method and names the known ones', async () => {
    expect(await tested.fault('constructor')).to.include({
      code: 'unknown-method',
      message: `There is no handler "constructor". Registered are: ${tested.handlers.names.join(', ')}.`,
    })
    expect(tested.handlers.names).to.include.members(['day', 'echo', 'store_rows'])
  })

  for (const [result, message] of [
    [
      'text',
      'The result is a text; return [{ table, refresh, data: [row] }], [rows, error], or nothing.',
    ],
    [[1], 'result[0] is a number; return objects { table, refresh, data }.'],
    [[{ data: [] }], 'result[0].table is missing; it must be the name of a table.'],
    [
      [{ table: 't', refresh: 1, data: [] }],
      'result[0].refresh is a number; it must be true or false.',
    ],
    [[{ table: 't', data: {} }], 'result[0].data is an object; it must be an array of rows.'],
    [
      [{ table: 't', data: [1] }],
      'result[0].data[0] is not an object; a row is an object with a value for each column.',
    ],
  ] as const) {
    it(`fails with bad-result for ${JSON.stringify(result)}`, async () => {
      const fault = await tested.fault('echo', { result })
      expect(fault).to.deep.equal({ code: 'bad-result', message, stack: undefined })
    })
  }

  for (const [kind, message] of [
    ['nan', 'result[0].data[1].speed is NaN; use null for a number that is not known.'],
    ['deep', 'result[0].data[1].a[0].b is Infinity; use null for a number that is not known.'],
    ['buffer', 'result[0].data[1].bytes is a Buffer; return text, numbers, dates or JSON values.'],
    ['date', 'result[0].data[1].at is an invalid date; use null for a date that is not known.'],
    ['map', 'result[0].data[1].m is a Map; return text, numbers, dates or JSON values.'],
    ['call', 'result[0].data[1].f is a function; return JSON values.'],
    [
      'list',
      'result[0].data[1] is not an object; a row is an object with a value for each column.',
    ],
  ] as const) {
    it(`fails with bad-result for a row with ${kind}`, async () => {
      expect((await tested.fault('wrong', { kind })).message).to.equal(message)
    })
  }

  it('fails with bad-result for a row that contains itself', async () => {
    const { code, message } = await tested.fault('wrong', { kind: 'cyclic' })
    expect(code).to.equal('bad-result')
    expect(message).to.match(/^result\[0\]\.data\[1\] cannot be written as JSON/)
  })

  it('may return many parts, which are not held in the memory of the worker', async () => {
    const before = process.memoryUsage()
    const outcome = await tested.run('stream', { parts: 100, length: 1_000 })
    if (outcome.kind !== 'complete') throw new Error(outcome.kind)
    expect(outcome.result.rowCount).to.equal(100_000)
    expect(outcome.result.byteCount).to.be.above(100_000_000)
    const after = process.memoryUsage()
    expect(after.heapUsed + after.external - before.heapUsed - before.external).to.be.below(
      60_000_000,
    )
    let rows = 0
    for (let times = 0; times < 2; times += 1) {
      for await (const part of outcome.result.parts()) {
        rows += part.rows.length
        expect(JSON.stringify(part).length).to.be.below(1_100_000)
      }
    }
    expect(rows).to.equal(200_000)
    await outcome.result[Symbol.asyncDispose]()
  })

  it('fails if the worker cannot store its result, and the worker goes on', async () => {
    await using own = await TestHandlers.start(files, { size: 1 })
    await own.run('stream', { parts: 1, length: 1 })
    const { path } = own.folder
    for (const name of readdirSync(path).filter((each) => each.startsWith('av-telemetry-')))
      rmSync(join(path, name), { recursive: true })
    const fault = await own.fault('stream', { parts: 1, length: 1_000 })
    expect(fault.code).to.equal('threw')
    expect(fault.message).to.match(/^The worker could not store the result of the handler: ENOENT/)
    expect(await own.run('stream', { parts: 1, length: 1 })).to.include({ kind: 'complete' })
  })

  it('fails without rows if its parts end with an error', async () => {
    expect(await tested.fault('stream', { parts: 3, length: 10, fails: true })).to.include({
      message: 'half way',
    })
  })

  it('does not wait behind a long one, neither one that sleeps nor one that blocks', async () => {
    for (const method of ['sleep', 'spin']) {
      // Short ones first, so that later ones are sent together.
      for (let n = 0; n < 3; n += 1) await tested.run(method, { ms: 0 })
      for (let n = 0; n < 3; n += 1) await tested.run('quick')
      let isBusy = true
      const long = tested.run(method, { ms: 5_000 }).finally(() => (isBusy = false))
      const quick = Array.from({ length: 20 }, () => tested.run('quick'))
      await Promise.all(quick.map(async (each) => partsOf(await each)))
      expect(isBusy).to.equal(true)
      await long
    }
  })

  it('is given back when the worker stops, and no process stays', async () => {
    const stopped = await TestHandlers.start({
      'quick.ts': files['quick.ts'],
      'sleep.ts': files['sleep.ts'],
    })
    const running = stopped.run('sleep', { ms: 60_000 })
    const waiting = Array.from({ length: 5 }, () => stopped.run('quick'))
    const { pids } = stopped.handlers
    await stopped.handlers[Symbol.asyncDispose]()
    const kinds = (await Promise.all([running, ...waiting])).map(({ kind }) => kind)
    expect(kinds[0]).to.equal('given-back')
    await until('the processes have ended', () => pids.every((pid) => !isRunning(pid)))
    expect((await stopped.run('quick')).kind).to.equal('given-back')
    await stopped[Symbol.asyncDispose]()
  })

  it('runs 10,000 trivial calls that are made at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 10_000 }, () => tested.run('echo')))
    expect(outcomes.filter(({ kind }) => kind !== 'complete')).to.deep.equal([])
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
