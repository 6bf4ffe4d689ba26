import { resolve } from 'node:path'
import { UserError } from '../../../infra/checks/user-error.ts'
import { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { root } from '../../platform/paths.ts'
import type { Fault } from '../../verify/faults/fault.ts'
import { brokerStop } from '../../verify/faults/processes.ts'
import { createShortTimeoutKafka } from '../brokers.ts'
import type { WorkloadPlatform } from '../platform.ts'
import type { Judgement, Progress, SendingPlan, Workload } from '../workload.ts'
import { Account } from './account.ts'
import type { Run as JudgedRun } from './judge-run.ts'
import { judgeRun } from './judge-run.ts'
import { endsOf } from './found.ts'
import { Load } from './load.ts'
import {
  createFolder,
  errorTopic,
  removeDeclarations,
  topic,
  writeDeclarations,
} from './pipelines.ts'
import { readProgress } from './progress.ts'

type Run = JudgedRun & { readonly rate: number; readonly load: Load }

const pollMs = 200
/** Seconds until the workers run the pipelines, and until earlier messages are settled. */
const startTimeoutSeconds = 120

/**
 * Messages that workers run as tasks. Their rows go to a table, and through the outbox and a second topic
 * to another table.
 */
export class TasksWorkload implements Workload {
  readonly unit = 'tasks'
  readonly usualRate = 100
  readonly storedBy = 'worker'
  readonly isSentOverHttp = false
  readonly faults: readonly Fault[] = [brokerStop]
  #run: Run | undefined
  #folder: string | undefined

  settings(folder: string): readonly string[] {
    createFolder(folder)
    return [`worker.folder=${folder}`]
  }

  get rate(): number {
    return this.#run?.rate ?? 0
  }

  async begin(platform: WorkloadPlatform, { rate, random }: SendingPlan): Promise<void> {
    await this.#end()
    const { folder } = platform.config.worker
    if (folder === '') throw new UserError(noFolder)
    this.#folder = resolve(root, folder)
    createFolder(this.#folder)
    writeDeclarations(this.#folder)
    const kafka = createShortTimeoutKafka(platform.kafka)
    const messages = { topic, admin: new TopicAdmin(kafka, topic) }
    const errors = { topic: errorTopic, admin: new TopicAdmin(kafka, errorTopic) }
    const begun = await untilSettled(platform, messages.admin, errors.admin)
    const account = new Account(`v${Math.floor(random() * 36 ** 8).toString(36)}`)
    const load = new Load({ kafka, rate, account, random })
    this.#run = {
      ...{ platform, rate, account, load, kafka },
      messages: { ...messages, from: begun.messages },
      errors: { ...errors, from: begun.errors },
    }
  }

  async progress(): Promise<Progress> {
    const { platform, account, messages } = this.#activeRun
    const lanes = await readProgress(platform.pool, await endsOf(messages.admin))
    return { acknowledged: account.acknowledged, ...lanes }
  }

  stop(timeoutSeconds: number): Promise<readonly string[]> {
    return this.#activeRun.load.stop(timeoutSeconds)
  }

  judge(): Promise<Judgement> {
    return judgeRun(this.#activeRun)
  }

  get #activeRun(): Run {
    if (this.#run === undefined) throw new Error('call begin() first: no run has started')
    return this.#run
  }

  async #end(): Promise<void> {
    await this.#run?.load[Symbol.asyncDispose]()
    await this.#run?.messages.admin[Symbol.asyncDispose]()
    await this.#run?.errors.admin[Symbol.asyncDispose]()
    this.#run = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
    if (this.#folder !== undefined) removeDeclarations(this.#folder)
  }
}

const noFolder =
  'The workload tasks puts its pipelines and its handler into the folder of the workers, and this platform has none. Start it with worker.folder.'

type Begun = { readonly messages: readonly number[]; readonly errors: readonly number[] }

/**
 * Waits until the pipelines run and have settled what the topic holds.
 *
 * @returns the ends of the topics
 */
async function untilSettled(
  { pool, config }: WorkloadPlatform,
  messages: TopicAdmin,
  errors: TopicAdmin,
): Promise<Begun> {
  const deadline = Date.now() + startTimeoutSeconds * 1000
  for (;;) {
    const ends = await endsIfSettled(pool, messages).catch(() => undefined)
    const errorEnds = await endsOf(errors).catch(() => undefined)
    if (ends !== undefined && errorEnds !== undefined) return { messages: ends, errors: errorEnds }
    if (Date.now() > deadline) {
      throw new Error(
        `The pipelines of ${config.worker.folder} did not settle the topic ${topic} within ${startTimeoutSeconds} s.`,
      )
    }
    await sleep(pollMs)
  }
}

async function endsIfSettled(
  pool: WorkloadPlatform['pool'],
  admin: TopicAdmin,
): Promise<number[] | undefined> {
  const high = await endsOf(admin)
  const { ends, settled } = await readProgress(pool, high)
  const isSettled = high.length > 0 && ends.every((end, lane) => settled[lane] === end)
  return isSettled ? high : undefined
}
