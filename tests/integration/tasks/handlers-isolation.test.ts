import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { Cancellation } from '../../../services/tasks/cancellation.ts'
import type { AttemptOutcome } from '../../../services/ledger/tasks/task.ts'
import { handlerFile, TestHandlers } from '../../support/handler-pool.ts'
import { until } from '../../support/until.ts'

/** Handlers that misbehave, by the name of their file. */
const files = {
  'quick.ts': handlerFile('quick', `return [{ table: 't', data: [params] }]`),
  'slow.ts': handlerFile(
    'slow',
    `const { setTimeout: wait } = await import('node:timers/promises')
     await wait(params.ms, undefined, { signal: context.signal })`,
  ),
  'busy.ts': handlerFile('busy', `context.logger.info('busy'); for (;;);`),
  'deaf.ts': handlerFile('deaf', `context.logger.info('deaf'); await new Promise(() => undefined)`),
  'heap.ts': handlerFile('heap', `const all = []; for (;;) all.push(new Array(1e5).fill(0.5))`),
  'buffers.ts': handlerFile(
    'buffers',
    `const all = []; for (;;) { all.push(Buffer.alloc(16e6, 1)); await new Promise(setImmediate) }`,
  ),
  'exit.ts': handlerFile('exit', `process.exit(7)`),
  'throw.ts': handlerFile('throw', `throw new TypeError('no day')`),
  'unhandled.ts': handlerFile(
    'unhandled',
    `void Promise.reject(new Error('left behind')); await new Promise(() => undefined)`,
  ),
  'pid.ts': handlerFile('pid', `return [{ table: 't', data: [{ pid: process.pid }] }]`),
  'env.ts': handlerFile(
    'env',
    `return [{ table: 't', data: [{ names: Object.keys(process.env) }] }]`,
  ),
  'flood.ts': handlerFile('flood', `for (let i = 0; i < 1e5; i += 1) console.log('line', i)`),
  'bytes.ts': handlerFile(
    'bytes',
    `const { execSync } = await import('node:child_process')
     execSync('head -c 100000000 /dev/zero', { stdio: 'inherit' })`,
  ),
  'pipe.ts': handlerFile(
    'pipe',
    `const { writeSync } = await import('node:fs')
     writeSync(3, params.text)
     await new Promise((resolve) => setTimeout(resolve, 5_000))`,
  ),
  'mixed.ts': handlerFile(
    'mixed',
    `if (params.kill) process.kill(process.pid, 'SIGKILL')
     if (params.file) (await import('node:fs')).appendFileSync(params.file, 'run ')
     const end = Date.now() + (params.blockMs ?? 0)
     while (Date.now() < end);`,
  ),
  'child.ts': handlerFile(
    'child',
    `const { execSync } = await import('node:child_process')
     execSync('echo from a program >&2; echo to the output', { stdio: 'inherit' })
     await new Promise((resolve) => setTimeout(resolve, 300))`,
  ),
}

describe('a handler process', function () {
  this.timeout(120_000)
  let tested: TestHandlers

  before(async () => {
    tested = await TestHandlers.start(files, { size: 1 })
  })
  after(() => tested[Symbol.asyncDispose]())

  /** Runs a task, and calls waiting behind it. Ends the first one when it has said `word`. */
  const cancelAfter = async (method: string) => {
    const cancel = new Cancellation()
    const canceled = tested.run(method, {}, { cancel })
    await until('it runs', () => tested.texts.includes(method))
    const waiting = [1, 2, 3].map((n) => tested.run('quick', { n }))
    const from = performance.now()
    cancel.request()
    return {
      outcome: await canceled,
      ms: performance.now() - from,
      waiting: await Promise.all(waiting),
    }
  }
  const kinds = (outcomes: readonly AttemptOutcome[]) => outcomes.map(({ kind }) => kind)

  for (const text of [
    'hello\n',
    'null\n',
    '["failed",1]\n',
    'P\n',
    'D\n',
    'D1\n',
    '["no","such"]\n',
    '{}\n',
  ]) {
    it(`that writes ${JSON.stringify(text)} to the pipe of the messages ends with a fault, and the next call runs`, async () => {
      const [fault, parts] = await Promise.all([
        tested.fault('pipe', { text }),
        tested.parts('quick', { n: 1 }),
      ])
      expect(fault).to.include({ code: 'threw' })
      expect(fault.message).to.match(/^The handler wrote to the file descriptor 3, /)
      expect(parts).to.have.length(1)
    })
  }

  it('stays for the next calls', async () => {
    const [first] = await tested.parts('pid')
    expect(await tested.parts('pid')).to.deep.equal([first])
  })

  it('is killed 5 s after the cancel of a busy loop, and calls that waited run', async () => {
    const { outcome, ms, waiting } = await cancelAfter('busy')
    expect(outcome).to.deep.equal({ kind: 'canceled' })
    expect(ms).to.be.within(4_900, 30_000)
    expect(kinds(waiting)).to.deep.equal(['complete', 'complete', 'complete'])
  })

  it('is not killed if the handler ends by its signal', async () => {
    const [before] = await tested.parts('pid')
    const cancel = new Cancellation()
    const canceled = tested.run('slow', { ms: 60_000 }, { cancel })
    setTimeout(() => {
      cancel.request()
    }, 300)
    expect(await canceled).to.deep.equal({ kind: 'canceled' })
    expect(await tested.parts('pid')).to.deep.equal([before])
  })

  it('gives a call the fault timed-out, not canceled, after its timeout', async () => {
    const fault = await tested.fault('deaf', {}, { timeoutMs: 300 })
    expect(fault).to.include({
      code: 'timed-out',
      message: 'The handler did not return within 0.3 s.',
    })
  })

  for (const method of ['heap', 'buffers']) {
    it(`fails a call with out-of-memory that fills its memory by ${method}, that call alone`, async () => {
      const [fault, ...others] = await Promise.all([
        tested.fault(method),
        tested.run('quick'),
        tested.run('quick'),
      ])
      expect(fault.code).to.equal('out-of-memory')
      expect(fault.message).to.match(/64 MB/)
      expect(kinds(others)).to.deep.equal(['complete', 'complete'])
    })
  }

  it('fails a call whose handler ends the process, with the exit code', async () => {
    const [fault, other] = await Promise.all([tested.fault('exit'), tested.run('quick')])
    expect(fault).to.include({
      code: 'threw',
      message: 'The process of the handler ended with the exit code 7 before the handler returned.',
    })
    expect(other.kind).to.equal('complete')
  })

  it('fails a call whose handler throws, with file and line in the stack', async () => {
    const fault = await tested.fault('throw')
    expect(fault).to.include({ code: 'threw', message: 'no day' })
    expect(fault.stack).to.include(`${tested.path('throw.ts')}:3`)
  })

  it('fails a call that leaves a rejected promise, and runs the next one', async () => {
    const [fault, other] = await Promise.all([tested.fault('unhandled'), tested.run('quick')])
    expect(fault).to.include({ code: 'threw', message: 'An error was not caught: left behind' })
    expect(other.kind).to.equal('complete')
  })

  it('gets no environment variable that can hold a secret', async () => {
    const [part] = (await tested.parts('env')) as { rows: { names: string[] }[] }[]
    const names = part?.rows[0]?.names ?? []
    expect(names).to.include('PATH')
    const allowed = ['PATH', 'TZ', 'LANG', 'LC_ALL', 'NODE_ENV', 'TMPDIR']
    expect(names.filter((name) => !allowed.includes(name))).to.deep.equal([])
  })

  it('sends 1,000 lines of a flood, and how many were dropped', async () => {
    await tested.run('flood')
    expect(tested.texts).to.have.length(1_002)
    expect(tested.texts.slice(0, 2)).to.deep.equal(['line 0', 'line 1'])
    expect(tested.texts.at(-1)).to.equal(
      '99000 lines were dropped: a task may log 1000 lines and 262144 bytes',
    )
  })

  it('makes log lines of what programs write that a handler starts', async () => {
    await tested.run('child')
    expect(tested.texts).to.have.members(['from a program', 'to the output'])
  })

  it('fails the call whose process is killed, and runs the others again', async () => {
    const killed = tested.fault('deaf')
    await until('it runs', () => tested.texts.includes('deaf'))
    const other = tested.run('quick')
    for (const pid of tested.handlers.pids) process.kill(pid, 'SIGKILL')
    expect((await killed).message).to.equal(
      'The process of the handler was ended by the signal SIGKILL before the handler returned.',
    )
    expect((await other).kind).to.equal('complete')
  })

  it('fails only the call that kills the process, not the short ones before it', async () => {
    for (let round = 0; round < 30; round += 1) await runMixed({})
    const kinds = (await runMixed({ kill: true })).map(({ kind }) => kind)
    const expected = Array.from({ length: 20 }, (_, index) =>
      index === 10 ? 'failed' : 'complete',
    )
    expect(kinds).to.deep.equal(expected)
  })

  it('reports short calls as complete while the next call blocks, and runs that call once', async () => {
    for (let round = 0; round < 30; round += 1) await runMixed({})
    const ended: number[] = []
    const file = tested.path('runs.txt')
    await runMixed({ file, blockMs: 2_000 }, () => ended.push(performance.now()))
    const [tenth = 0, last = 0] = [ended[9], ended.at(-1)]
    expect(last - tenth).to.be.above(1_000)
    expect(readFileSync(file, 'utf8')).to.equal('run ')
  })

  /** Runs 20 short calls together. The one in the middle has other parameters. */
  function runMixed(middle: object, onEnd?: () => void): Promise<AttemptOutcome[]> {
    const calls = Array.from({ length: 20 }, async (_, index) => {
      const outcome = await tested.run('mixed', index === 10 ? middle : {})
      onEnd?.()
      return outcome
    })
    return Promise.all(calls)
  }

  it('fails a call with result-too-large whose parts have more bytes than allowed', async () => {
    const endless = handlerFile(
      'endless',
      `return (async function* () {
         for (;;) yield { table: 't', data: [{ text: 'x'.repeat(1e5) }] }
       })()`,
    )
    await using limited = await TestHandlers.start(
      { 'endless.ts': endless },
      { size: 1, maxResultBytes: 1_000_000 },
    )
    const from = performance.now()
    const fault = await limited.fault('endless')
    expect(fault).to.include({
      code: 'result-too-large',
      message:
        'The result of the handler has more than 1000000 bytes. Return less, or divide the task.',
    })
    expect(performance.now() - from).to.be.below(30_000)
  })

  it('is not held up by a line without end that a program writes', async () => {
    await tested.run('bytes', {}, { timeoutMs: 10_000 })
    expect(tested.texts.length).to.be.within(900, 1_001)
    expect(Math.max(...tested.texts.map(({ length }) => length))).to.be.at.most(8_192)
  })

  it('cancels a call that waits behind a busy one at once', async () => {
    const cancel = new Cancellation()
    const running = tested.run('busy', {}, { timeoutMs: 2_000 })
    const waiting = tested.run('quick', {}, { cancel })
    await until('it runs', () => tested.lines.some(({ task, text }) => task > 0 && text === 'busy'))
    let isBusy = true
    const ended = running.finally(() => (isBusy = false))
    cancel.request()
    expect(await waiting).to.deep.equal({ kind: 'canceled' })
    expect(isBusy).to.equal(true)
    expect((await ended).kind).to.equal('failed')
  })
})
