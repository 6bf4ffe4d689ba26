import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { expect } from 'chai'
import { bundlePrograms } from '../../../infra/bundle/bundles.ts'
import { bundleShipped } from '../../../infra/bundle/shipped.ts'
import { roles } from '../../../infra/topology/role-registry.ts'
import { root } from '../../../scripts/platform/paths.ts'
import type { LogLine } from '../../support/captured-log.ts'
import { handlerFile } from '../../support/handler-pool.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

describe('handlers of a bundled worker', function () {
  this.timeout(120_000)
  const folder = new TemporaryFolder()
  const at = (...names: string[]) => join(folder.path, ...names)

  before(() => {
    bundlePrograms(root, folder.path, {
      worker: 'tests/support/run-handlers.ts',
      ...roles.worker.bundle?.programs,
    })
    bundleShipped(root, roles.worker.bundle?.shipped ?? '', folder.path)
    const { resolve } = createRequire(import.meta.url)
    const [packaged] = roles.worker.bundle?.packageFiles ?? []
    const source = dirname(resolve('esbuild-wasm/package.json'))
    for (const file of packaged?.files ?? []) {
      cpSync(join(source, file), at('node_modules', 'esbuild-wasm', file))
    }
    mkdirSync(at('handlers'))
    writeFileSync(at('handlers', 'quick.ts'), handlerFile('quick', 'return []'))
    writeFileSync(
      at('handlers', 'busy.ts'),
      handlerFile('busy', `console.log('pid', process.pid); for (;;);`),
    )
    writeFileSync(
      at('handlers', 'endless.ts'),
      handlerFile(
        'endless',
        `console.log('pid', process.pid)
         const { appendFileSync } = await import('node:fs')
         return (async function* () {
           for (;;) {
             appendFileSync('${at('parts.txt')}', '.')
             yield { table: 't', data: [{ text: 'x'.repeat(100_000) }] }
           }
         })()`,
      ),
    )
  })
  after(() => {
    folder[Symbol.dispose]()
  })

  const run = (handlers: string, method: string) => {
    const lines: LogLine[] = []
    const child = spawn(process.execPath, [at('worker.mjs'), handlers, method], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Bundles are below it, so that this test finds them.
      env: { PATH: process.env['PATH'], TMPDIR: folder.path },
    })
    createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line) as LogLine))
    return { child, lines }
  }
  const untilLine = (lines: readonly LogLine[], event: string) =>
    until(`the line ${event} is written`, () => lines.find((line) => line.event === event))

  it('are bundled by the WebAssembly of esbuild if its program is not installed, as in an image', async () => {
    const { lines } = run(at('handlers'), 'quick')
    expect(await untilLine(lines, 'outcome')).to.include({ kind: 'complete' })
  })

  it('are the shipped ones, with the packages that they import', async () => {
    const { lines } = run(at('shipped', 'handlers'), 'ingest_csv')
    const { handlers } = await untilLine(lines, 'handlers-loaded')
    expect(handlers).to.deep.equal([
      'etl.example.example_file_processor.process',
      'fleet_daily_summary',
      'ingest_csv',
      'store_rows',
    ])
    expect((await untilLine(lines, 'outcome'))['faults']).to.deep.equal([])
  })

  it('end when the worker is killed, even in a busy loop, and the next start removes its folder', async () => {
    const { child, lines } = run(at('handlers'), 'busy')
    const line = await untilLine(lines, 'handler-line')
    const pid = Number(String(line['line']).slice('pid '.length))
    child.kill('SIGKILL')
    await until('the handler has ended', () => !isRunning(pid))
    const left = `av-telemetry-handlers-${child.pid}`
    const next = run(at('handlers'), 'quick')
    await untilLine(next.lines, 'outcome')
    expect(existsSync(at(left))).to.equal(false)
  })

  it('end when the worker is killed that has not read their output', async () => {
    const { child, lines } = run(at('handlers'), 'endless')
    const line = await untilLine(lines, 'handler-line')
    const pid = Number(String(line['line']).slice('pid '.length))
    child.kill('SIGSTOP')
    let size = -1
    await until('the pipe is full', async () => {
      const before = size
      size = statSync(at('parts.txt')).size
      await new Promise((resolve) => setTimeout(resolve, 300))
      return statSync(at('parts.txt')).size === before
    })
    child.kill('SIGKILL')
    await until('the handler has ended', () => !isRunning(pid))
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
