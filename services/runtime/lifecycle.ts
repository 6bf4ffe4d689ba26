import { whenAborted } from './abort.ts'
import type { Logger } from './logger.ts'
import { createLogger, errorFields } from './logger.ts'

/** What a service gives back once it has started: how to stop it. */
export type Running = AsyncDisposable & {
  /** Rejects when the service cannot go on by itself; never resolves. */
  readonly failed?: Promise<never>
}

type ProcessConfig = { readonly logLevel: string }

export type ServiceMain<Config extends ProcessConfig> = {
  readonly name: string
  /** Turns the environment into the service's configuration; throws what is wrong with it. */
  readonly readConfig: (source: NodeJS.ProcessEnv) => Config
  readonly start: (config: Config, logger: Logger, signal: AbortSignal) => Promise<Running>
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
export async function runService<Config extends ProcessConfig>(
  main: ServiceMain<Config>,
): Promise<void> {
  await runOnce(main.name, main.readConfig, async (config, logger, signal) => {
    const running = await main.start(config, logger, signal)
    logger.info('service-started')
    try {
      await Promise.race([whenAborted(signal), ...(running.failed ? [running.failed] : [])])
    } finally {
      exitAfter(graceSeconds, logger)
      await running[Symbol.asyncDispose]()
      logger.info('service-stopped')
    }
  })
}

/** The life of a process that does one thing and ends; its exit code says whether it did. */
export async function runOnce<Config extends ProcessConfig>(
  name: string,
  readConfig: ServiceMain<Config>['readConfig'],
  work: (config: Config, logger: Logger, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const signal = stopSignal()
  let logger = createLogger(name, 'info')
  try {
    const config = readConfig(process.env)
    logger = createLogger(name, config.logLevel)
    await work(config, logger, signal)
  } catch (error) {
    if (signal.aborted) return
    logger.error(errorFields(error), `${name}-failed`)
    process.exitCode = 1
    exitAfter(graceSeconds, logger)
  }
}

function exitAfter(seconds: number, logger: Logger): void {
  const timer = setTimeout(() => {
    logger.error({ seconds }, 'service-did-not-end')
    process.exit(1)
  }, seconds * 1000)
  timer.unref()
}
