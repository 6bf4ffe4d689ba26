import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { FileTenant } from '../../support/file-tenant.ts'
import { until } from '../../support/until.ts'

const handlers = `import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { handler, z } from 'av-telemetry'

export const count = handler({
  name: 'shop.count_lines',
  params: z.strictObject({ table: z.string() }),
  run: async ({ table }, { file, logger, attempt, id }) => {
    if (file === undefined) throw new Error('no file')
    const content = await text(file.stream())
    if (content !== readFileSync(file.path(), 'utf8')) throw new Error('another content')
    logger.info('got ' + file.name + ' of ' + file.size + ' bytes')
    if (content.includes('broken')) throw new Error('cannot read ' + file.name)
    const lines = content.trimEnd().split('\\n')
    return [{ table, data: lines.map((line, index) => ({ file: file.name, line: index + 1, text: line })) }]
  },
})
`
const declaration = (name: string, step: string, match = `*.${name}`): string => `name = "${name}"
retry = { attempts = 2, first = "1 ms" }
${step}
[from.files]
match = ["${match}"]
`
const run = `run = { handler = "shop.count_lines", params = { table = "lines" } }
to.table = { name = "lines", key = ["file", "line"] }`

describe('A pipeline that gets files', function () {
  this.timeout(120_000)
  let files: FileTenant

  before(async () => {
    files = await FileTenant.create()
    mkdirSync(join(files.folder, 'handlers'), { recursive: true })
    writeFileSync(join(files.folder, 'handlers', 'shop.ts'), handlers)
    files.declare('count', declaration('count', run))
    files.declare('shell', declaration('shell', 'shell = \'. ./load.sh "$1"\''))
    writeFileSync(
      join(files.folder, 'load.sh'),
      `echo "$FILE_NAME has $FILE_SIZE bytes and $(wc -l < "$1") lines, attempt $TASK_ATTEMPT"
grep -q wrong "$FILE_PATH" && echo 'found a wrong line' >&2 && exit 3
if grep -q endless "$1"; then sleep 600 & echo "started $!"; wait; fi
cp "$1" "loaded-$FILE_NAME"
`,
    )
    files.drop('a.count', 'first\nsecond\n')
    files.drop('bad.count', 'good\nbroken\n')
    files.drop('it is.shell', 'one\ntwo\n')
    files.drop('x.shell', 'wrong\n')
    files.drop('c.shell', 'endless\n')
    await files.startWorker({ ALLOW_SHELL: 'true' })
  })

  after(() => files[Symbol.asyncDispose]())

  const taskOf = async (name: string) => {
    const rows = await files.files()
    const moved = rows.find(({ key, archived_at }) => key === `01_inbox/${name}` && archived_at)
    return moved && { state: moved.state, code: moved.code, rows: moved.rows, detail: moved.detail }
  }
  const untilMoved = (name: string) => until(`${name} is moved`, () => taskOf(name))
  const logOf = async (name: string): Promise<string> => {
    const [log] = await files.tenant.sql<{ lines: string }>(
      'SELECT task_log.lines FROM task_log JOIN file USING (task) WHERE key = $1',
      [`01_inbox/${name}`],
    )
    return log?.lines ?? ''
  }
  const copies = (): string[] =>
    readdirSync(tmpdir())
      .filter((name) => name.startsWith(`av-telemetry-files-${process.pid}-`))
      .flatMap((name) => readdirSync(join(tmpdir(), name)))

  it('stores the rows that a handler returns for a file, and moves the file to the archive', async () => {
    expect(await untilMoved('a.count')).to.deep.equal({
      ...{ state: 'complete', code: null, rows: 2, detail: null },
    })
    const rows = await files.tenant.sql(
      'SELECT file, line::int, text FROM data.lines ORDER BY line',
    )
    expect(rows).to.deep.equal([
      { file: 'a.count', line: 1, text: 'first' },
      { file: 'a.count', line: 2, text: 'second' },
    ])
    expect(files.names('03_archive')).to.include('a.count')
    expect(await logOf('a.count')).to.include('got a.count of 13 bytes')
  })

  it('does not call the handler for content that it has processed before', async () => {
    files.drop('again.count', 'first\nsecond\n')
    const { state, detail } = await untilMoved('again.count')
    expect({ state, detail }).to.deep.equal({
      state: 'complete',
      detail: 'The same content was loaded before, from "01_inbox/a.count".',
    })
    expect(await logOf('again.count')).to.equal('')
  })

  it('stores nothing of a file whose handler throws, and writes the reason beside it', async () => {
    expect(await untilMoved('bad.count')).to.include({ state: 'failed', code: 'threw' })
    const log = files.read('04_failed/bad.count.error_log')
    expect(log).to.include('reason: threw: cannot read bad.count').and.include('attempt 2')
    expect(
      await files.tenant.sql(`SELECT 1 FROM data.lines WHERE file = 'bad.count'`),
    ).to.deep.equal([])
  })

  it('runs a command with the path of the file, and its output is the log of the task', async () => {
    expect(await untilMoved('it is.shell')).to.include({ state: 'complete', rows: 0 })
    expect(await logOf('it is.shell')).to.include('it is.shell has 8 bytes and 2 lines, attempt 1')
    expect(readdirSync(files.folder)).to.include('loaded-it is.shell')
  })

  it('fails a file whose command ends with another exit code, with the last line of its errors', async () => {
    expect(await untilMoved('x.shell')).to.include({ state: 'failed', code: 'threw' })
    expect(files.read('04_failed/x.shell.error_log')).to.include(
      'The command ended with the exit code 3. Its last line on standard error: found a wrong line',
    )
  })

  it('ends all processes of a command when its task is canceled', async () => {
    const pid = await until('the command has started a process', async () => {
      const [, found] = /started (\d+)/.exec(await logOf('c.shell')) ?? []
      return found
    })
    await files.tenant.sql(
      `UPDATE task SET cancel_requested_at = now() FROM file WHERE file.task = task.id AND key = '01_inbox/c.shell'`,
    )
    expect(await untilMoved('c.shell')).to.include({ state: 'canceled' })
    await until('its process has ended', () => !isRunning(Number(pid)))
    expect(files.names('05_canceled')).to.deep.equal(['c.shell'])
    await until('no copy of a file is left', () => copies().length === 0)
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
