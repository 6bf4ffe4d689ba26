/** A device: which phone or tracker may report as which vehicle. */
export type Device = {
  readonly vin: string
  readonly name: string
  /** Other ids that the app sends. Its readings are stored under the vin. */
  readonly aliases: readonly string[]
  /** False if the token was revoked. */
  readonly hasToken: boolean
  readonly createdAt: string
  readonly changedAt: string
}

/** A vehicle without a device whose requests were refused within the last day (`devices.unknown` is `ask`). */
export type WaitingVehicle = {
  /** A vin, or another id that an app sends. */
  readonly id: string
  readonly requests: number
  readonly firstSeenAt: string
  readonly lastSeenAt: string
}

export type Devices = {
  /** Sorted by vin. */
  readonly devices: readonly Device[]
  /** The last one first. */
  readonly waiting: readonly WaitingVehicle[]
  /** Whether this dashboard changes devices. */
  readonly mayChange: boolean
}

/** A device with its new token, which is shown only once. */
export type DeviceWithToken = Device & { readonly token: string }
