import type { IncomingMessage } from 'node:http'
import type { TokenVerdict } from './bearer-token.ts'
import { checkBearerToken } from './bearer-token.ts'
import type { FailedTokens } from './failed-tokens.ts'

export type TokenCheckOptions = {
  /** Undefined if no token is required. */
  readonly token: string | undefined
  readonly failedTokens: Pick<FailedTokens, 'note'>
  /** By default the header `Authorization`. */
  readonly check?: (request: IncomingMessage, token: string) => TokenVerdict
}

/** Decides what a request may do, and notes requests whose token is missing or wrong. */
export class TokenCheck {
  readonly #token: string | undefined
  readonly #failedTokens: Pick<FailedTokens, 'note'>
  readonly #check: (request: IncomingMessage, token: string) => TokenVerdict

  constructor({ token, failedTokens, check = checkBearerToken }: TokenCheckOptions) {
    this.#token = token
    this.#failedTokens = failedTokens
    this.#check = check
  }

  /** Whether this service has a token. */
  get isRequired(): boolean {
    return this.#token !== undefined
  }

  /** Whether to serve a request that needs the token. */
  accepts(request: IncomingMessage): boolean {
    const verdict = this.#verdictOf(request)
    if (verdict !== 'valid') this.#failedTokens.note(request, verdict)
    return verdict === 'valid'
  }

  /** Whether the whole response may be sent. A request without a token gets a part of it, and is not noted. */
  showsAll(request: IncomingMessage): boolean {
    const verdict = this.#verdictOf(request)
    if (verdict === 'wrong') this.#failedTokens.note(request, verdict)
    return verdict === 'valid'
  }

  #verdictOf(request: IncomingMessage): TokenVerdict {
    return this.#token === undefined ? 'valid' : this.#check(request, this.#token)
  }
}
