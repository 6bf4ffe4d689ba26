import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { PlatformHome } from '../support/started-platform.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

/** Each handler waits for a file, so that its task lasts as long as the test wants. */
const handlers = (folder: string) => `import { existsSync } from 'node:fs'
import { handler, z } from 'av-telemetry'

const untilFile = async (name, signal) => {
  while (!existsSync(${JSON.stringify(`${folder}/`)} + name)) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    signal.throwIfAborted()
  }
}

export const hold = handler({
  name: 'hold',
  params: z.object({ file: z.string() }),
  run: async ({ file }, { id, signal }) => {
    await untilFile(file, signal)
    return [{ table: 'held', data: [{ id }] }]
  },
})

export const holdWindow = handler({
  name: 'hold_window',
  params: z.object({ from: z.string(), to: z.string() }),
  run: async ({ from }, { signal }) => {
    await untilFile('killed', signal)
    return [{ table: 'window_row', data: [{ from_timestamp: from, value: 1 }] }]
  },
})
`
/** A worker takes one task of each pipeline at a time, so that two tasks are on two workers. */
const holding = (name: string, attempts: number): string => `name = "${name}"
from.api = true
run = "hold"
concurrency = 1
retry = { attempts = ${attempts}, first = "100 ms" }
to.tables = { create = true }
`
const window = `name = "window"
from.schedule = { every = "2 s", window = { from = 2026-01-01T00:00:00Z, to = 2026-01-02T00:00:00Z } }
run = "hold_window"
concurrency = 1
retry = { attempts = 3, first = "100 ms" }
to.table = { name = "window_row", key = ["from_timestamp"], on_conflict = "update" }
`

type Held = {
  readonly id: number
  readonly pipeline: string
  readonly state: string
  readonly code: string | null
  readonly worker: number
  readonly counted: number
  readonly age: number
}

describe('Workers that are killed or stopped', function () {
  this.timeout(240_000)
  let folder: TemporaryFolder
  let home: PlatformHome
  /** The tasks of the worker that is killed, and of the other one. */
  let killed: { readonly worker: number; readonly tasks: readonly Held[] }
  let other: { readonly worker: number; readonly tasks: readonly Held[] }

  before(async () => {
    folder = new TemporaryFolder()
    for (const name of ['pipelines', 'handlers']) mkdirSync(join(folder.path, name))
    writeFileSync(join(folder.path, 'handlers', 'hold.ts'), handlers(folder.path))
    const pipelines = { once: holding('once', 1), several: holding('several', 3), window }
    for (const [name, text] of Object.entries(pipelines))
      writeFileSync(join(folder.path, 'pipelines', `${name}.toml`), text)
    const settings = [`worker.folder=${folder.path}`, 'worker.instances=2', 'fleet.numVehicles=0']
    home = await PlatformHome.create(settings)
    await home.start().waitForOutput('The platform is running.')
  })

  after(async () => {
    await home[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const post = async (pipeline: string, file: string): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${home.config.dashboard.hostPort}/api/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pipeline, method: 'hold', params: { file } }),
    })
    expect(answer.status, await answer.text()).to.be.lessThan(300)
  }
  const allTasks = () =>
    home.sql<Held>(`SELECT id, pipeline, state, code, worker, attempt - uncounted_attempts AS counted,
      extract(epoch FROM clock_timestamp() - started_at)::float8 AS age FROM task ORDER BY id`)
  const now = async ({ id }: Held): Promise<Held> => {
    const found = (await allTasks()).find((task) => task.id === id)
    if (found === undefined) throw new Error(`the task ${id} is gone`)
    return found
  }
  const of = (tasks: readonly Held[], pipeline: string): Held => {
    const found = tasks.find((task) => task.pipeline === pipeline)
    if (found === undefined) throw new Error(`there is no task of ${pipeline}`)
    return found
  }
  const nameOf = async (worker: number): Promise<string> => {
    const [row] = await home.sql<{ name: string }>(`SELECT name FROM worker WHERE id = ${worker}`)
    return row?.name ?? ''
  }
  const touch = (name: string): void => {
    writeFileSync(join(folder.path, name), '')
  }

  it('a task of a worker that is killed runs again at another worker, or fails as worker-lost', async () => {
    for (const pipeline of ['once', 'several']) await post(pipeline, 'go')
    for (const pipeline of ['once', 'several']) await post(pipeline, 'go')
    const [first = [], second = []] = await until('both workers run a task of each', async () => {
      const running = (await allTasks()).filter(({ state }) => state === 'running')
      const workers = [...new Set(running.map(({ worker }) => worker))]
      const held = workers.map((worker) => running.filter((task) => task.worker === worker))
      return held.length === 2 && held.every((tasks) => tasks.length === 3) && held
    })
    killed = { worker: first[0]?.worker ?? 0, tasks: first }
    other = { worker: second[0]?.worker ?? 0, tasks: second }
    home.kill(await nameOf(killed.worker))
    touch('killed')
    const once = await until('the task without attempts left has failed', async () => {
      const task = await now(of(killed.tasks, 'once'))
      return task.state !== 'running' && task
    })
    expect(once).to.include({ state: 'failed', code: 'worker-lost', counted: 1 })
    await until('the other task runs again', async () => {
      const task = await now(of(killed.tasks, 'several'))
      return task.state === 'running' && task.worker !== killed.worker && task.counted === 2
    })
  })

  it('a window of a worker that is killed is computed by another worker', async () => {
    // All tasks of this schedule have the same window. A later one ends those that began before it.
    await until('the task of the killed worker has ended', async () => {
      const { state } = await now(of(killed.tasks, 'window'))
      return state === 'complete'
    })
    const computed = await home.sql<{ worker: number }>(
      `SELECT DISTINCT worker FROM task WHERE pipeline = 'window' AND state = 'complete' AND rows > 0`,
    )
    const workers = computed.map(({ worker }) => worker)
    expect(workers).to.include(other.worker).and.not.include(killed.worker)
    const rows = await home.sql(`SELECT value::int AS value FROM data.window_row`)
    expect(rows).to.deep.equal([{ value: 1 }])
  })

  it('a task that is longer than two leases runs once, and a new worker works meanwhile', async () => {
    await until('a new worker has computed a window', async () => {
      const workers = [killed.worker, other.worker]
      const all = await allTasks()
      return all.some(({ worker, state }) => state === 'complete' && !workers.includes(worker))
    })
    const long = of(other.tasks, 'once')
    const running = await until('it runs for 21 s', async () => {
      const task = await now(long)
      return (task.age > 21 || task.state !== 'running') && task
    })
    expect(running).to.include({ state: 'running', counted: 1, worker: other.worker })
  })

  it('a worker that is told to stop gives back its task, and the attempt does not count', async () => {
    home.terminate(await nameOf(other.worker))
    await until('another worker runs it', async () => {
      const task = await now(of(other.tasks, 'once'))
      return task.state === 'running' && task.worker !== other.worker
    })
    touch('go')
    const ended = await until('all tasks have ended', async () => {
      const tasks = (await allTasks()).filter(({ pipeline }) => pipeline !== 'window')
      return tasks.every(({ state }) => state !== 'running' && state !== 'queued') && tasks
    })
    expect(ended.map(({ state }) => state).sort()).to.deep.equal([
      ...['complete', 'complete', 'complete', 'failed'],
    ])
    expect((await now(of(other.tasks, 'once'))).counted).to.equal(1)
    const [rows] = await home.sql(
      'SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids FROM data.held',
    )
    expect(rows).to.deep.equal({ rows: 3, ids: 3 })
  })
})
