/** `GET /api/settings` without the token, if one is required. */
export type SignInSettings = Pick<Settings, 'needsToken'>

/** `GET /api/settings`. */
export type Settings = {
  readonly map: {
    readonly tiles?: string
    readonly pmtiles?: string
    /** The copyright notice of the map tiles. */
    readonly attribution?: string
  }
  /** The centre of the map while no vehicle is known. */
  readonly origin: { readonly latitude: number; readonly longitude: number }
  readonly staleAfterSeconds: number
  readonly silentAfterSeconds: number
  /** Whether all other requests need a token. */
  readonly needsToken: boolean
  /** The URL to which vehicles send their readings. */
  readonly eventsUrl: string
  /** How phones and trackers reach the ingress. */
  readonly ingress: {
    /** Its addresses for other machines, the most probable one first: `http://192.0.2.7:5001`. */
    readonly origins: readonly string[]
    /** Whether only this machine reaches it. */
    readonly isLoopback: boolean
    /** Whether a token is needed to send. */
    readonly needsToken: boolean
  }
}
