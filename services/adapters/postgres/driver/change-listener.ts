import pg from 'pg'
import type { Logger } from '../../../runtime/logger.ts'
import { poll, WarnOnce } from '../../../runtime/poll.ts'
import { sleep } from '../../../runtime/retry.ts'
import { newClient } from './external-client.ts'
import type { PostgresSettings } from './settings.ts'

type Options = {
  readonly postgres: PostgresSettings
  readonly applicationName: string
  /** The channels of `NOTIFY`. */
  readonly channels: readonly string[]
  /**
   * Called after a notification, after each connect, because notifications may have been missed, and
   * every ten seconds. It must not throw.
   *
   * @param channel undefined if notifications may have been missed
   */
  readonly onChange: (channel?: string) => void
  readonly logger: Logger
}

const repeatMs = 10_000
const reconnectMs = 500
/** A server that does not respond for so long is treated as lost. */
const timeoutMs = 5_000

/** Listens for notifications on a connection that is used for nothing else, and connects again when it breaks. */
export class ChangeListener implements AsyncDisposable {
  readonly #options: Options
  readonly #end = new AbortController()
  readonly #loop: Promise<void>

  constructor(options: Options) {
    this.#options = options
    const { signal } = this.#end
    const warnings = new WarnOnce(options.logger, signal)
    const events = { failed: 'listener-connection-lost' }
    const listen = (): Promise<unknown> => warnings.attempt(() => this.#listen(), events)
    this.#loop = poll(listen, { intervalMs: reconnectMs, signal })
  }

  /** Listens until the connection breaks or the listener is disposed. */
  async #listen(): Promise<void> {
    const { postgres, applicationName, channels, onChange } = this.#options
    const client = newClient(postgres, {
      application_name: applicationName,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
    })
    const broken = new AbortController()
    const failures: Error[] = []
    const onEnd = (error?: Error): void => {
      if (error) failures.push(error)
      broken.abort()
    }
    client.on('error', onEnd)
    client.on('end', onEnd)
    client.on('notification', ({ channel }) => {
      onChange(channel)
    })
    this.#end.signal.addEventListener(
      'abort',
      () => {
        broken.abort()
      },
      { once: true, signal: broken.signal },
    )
    try {
      await client.connect()
      for (const channel of channels) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
      await this.#repeat(client, broken.signal)
    } finally {
      broken.abort()
      await client.end().catch(() => undefined)
    }
    if (failures[0]) throw failures[0]
  }

  /** Also finds a server that has vanished: it does not answer the query. */
  async #repeat(client: pg.Client, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#end.signal.aborted) {
      await client.query('SELECT 1')
      this.#options.onChange()
      await sleep(repeatMs, signal)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loop
  }
}
