import { aborted } from './abort.ts'
import type { Log } from './log.ts'
import { createLog, errorFields } from './log.ts'

/** What a service gives back once it has started: how to stop it. */
export type Running = AsyncDisposable & {
  /** Rejects when the service cannot go on by itself; never resolves. */
  readonly failed?: Promise<never>
}

type ConfigOfProcess = { readonly logLevel: string }

export type ServiceMain<Config extends ConfigOfProcess> = {
  readonly name: string
  /** Turns the environment into the service's configuration; throws what is wrong with it. */
  readonly readConfig: (source: NodeJS.ProcessEnv) => Config
  readonly start: (config: Config, log: Log, signal: AbortSignal) => Promise<Running>
}

/** Seconds a service has to end after the signal; its supervisor is more patient. */
const graceSeconds = 15

/** Aborts at SIGTERM, SIGINT or SIGHUP. A signal that comes again changes nothing. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(name, () => {
      controller.abort()
    })
  }
  return controller.signal
}

/**
 * The life of a service's process: configuration, start, wait for the stop signal or a failure,
 * dispose. The process then ends because its loop is empty; what still holds it after
 * `graceSeconds` is a bug, is logged, and is cut.
 */
export async function runService<Config extends ConfigOfProcess>(
  main: ServiceMain<Config>,
): Promise<void> {
  await runOnce(main.name, main.readConfig, async (config, log, signal) => {
    const running = await main.start(config, log, signal)
    log.info('service-started')
    try {
      await Promise.race([aborted(signal), ...(running.failed ? [running.failed] : [])])
    } finally {
      cutAfter(graceSeconds, log)
      await running[Symbol.asyncDispose]()
      log.info('service-stopped')
    }
  })
}

/** The life of a process that does one thing and ends; its exit code says whether it did. */
export async function runOnce<Config extends ConfigOfProcess>(
  name: string,
  readConfig: ServiceMain<Config>['readConfig'],
  work: (config: Config, log: Log, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const signal = stopSignal()
  let log = createLog(name, 'info')
  try {
    const config = readConfig(process.env)
    log = createLog(name, config.logLevel)
    await work(config, log, signal)
  } catch (error) {
    if (signal.aborted) return
    log.error(errorFields(error), `${name}-failed`)
    process.exitCode = 1
    cutAfter(graceSeconds, log)
  }
}

function cutAfter(seconds: number, log: Log): void {
  const timer = setTimeout(() => {
    log.error({ seconds }, 'service-did-not-end')
    process.exit(1)
  }, seconds * 1000)
  timer.unref()
}
