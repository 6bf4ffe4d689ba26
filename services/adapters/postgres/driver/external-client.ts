import pg from 'pg'
import { connectionOf } from './connection-config.ts'
import { explainRefusal } from './connection-refusal.ts'
import type { PostgresSettings } from './settings.ts'

/**
 * The class of clients for a server of the user. A client reads certificates and passwords when it is made: a pool
 * makes one for each connection. A refused connection says what to do.
 */
export function externalClient(settings: PostgresSettings): typeof pg.Client {
  return class extends pg.Client {
    constructor(config: pg.ClientConfig) {
      super({ ...config, ...connectionOf(settings) })
    }

    override connect(): Promise<this>
    override connect(callback: (error: Error) => void): void
    override connect(callback?: (error: Error) => void): Promise<this> | undefined {
      const explained = (error: Error): Error => explainRefusal(error, settings)
      if (callback === undefined)
        return super.connect().then(
          () => this,
          (error: unknown) => {
            throw explained(error as Error)
          },
        )
      super.connect((error: Error) => {
        // Without an error if the connection is open, unlike pg's types say.
        const failure = error as Error | null | undefined
        callback(failure ? explained(failure) : error)
      })
      return undefined
    }
  }
}

/** One separate connection, to a server of the user or of the platform. */
export function newClient(settings: PostgresSettings, config: pg.ClientConfig): pg.Client {
  const Client = settings.tls ? externalClient(settings) : pg.Client
  return new Client({ ...config, ...connectionOf(settings) })
}
