/** `GET /api/settings`. */
export type Settings = {
  readonly map: {
    readonly tiles?: string
    readonly pmtiles?: string
    /** Whose map the tiles are. */
    readonly attribution?: string
  }
  readonly origin: { readonly latitude: number; readonly longitude: number }
  readonly staleAfterSeconds: number
  readonly silentAfterSeconds: number
  /** Whether everything else must be asked for with a token. */
  readonly needsToken: boolean
  /** Where vehicles report to. */
  readonly eventsUrl: string
}
