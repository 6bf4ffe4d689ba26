/** A device: which phone or tracker may report as which vehicle. */
export type Device = {
  readonly vin: string
  readonly name: string
  /** Further ids that the device sends. Its readings are stored under the vin. */
  readonly aliases: readonly string[]
  /** False if the token was revoked. */
  readonly hasToken: boolean
  readonly createdAt: string
  readonly changedAt: string
}

export type Devices = {
  /** Sorted by vin. */
  readonly devices: readonly Device[]
  /** Whether this dashboard changes devices. */
  readonly mayChange: boolean
}

/** A device with its new token, which is shown only once. */
export type DeviceWithToken = Device & { readonly token: string }
