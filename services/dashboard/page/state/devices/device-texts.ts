import type { Device } from '../../../api/devices.ts'
import type { Settings } from '../../../api/settings.ts'
import type { KnownVehicle } from '../fleet.ts'
import { formatAge } from '../format.ts'
import type { VehicleActivity } from '../vehicle-activity.ts'

/** What the list says about a device. */
export type DeviceState = {
  readonly word: 'revoked' | 'waiting' | 'live' | 'stale' | 'silent'
  readonly text: string
}

type Latest = {
  /** The latest reading of its vehicle; undefined if there is none. */
  readonly known: KnownVehicle | undefined
  readonly activity: VehicleActivity | undefined
  /** The server's time, milliseconds since the Unix epoch. */
  readonly now: number
}

export function deviceStateOf({ hasToken }: Device, { known, activity, now }: Latest): DeviceState {
  const age = known && formatAge(now - Date.parse(known.vehicle.receivedAt))
  if (!hasToken)
    return { word: 'revoked', text: 'Its token is refused. A new token lets it report again.' }
  if (age === undefined) return { word: 'waiting', text: 'Waiting for its first position …' }
  const isLive = activity === 'moving' || activity === 'standing'
  return { word: isLive ? 'live' : (activity ?? 'silent'), text: `Last position: ${age}` }
}

/** The changes that a user confirms: the question, and what is said afterwards. */
export const changeTexts = {
  rotate: {
    question: (name: string) => ({
      title: `New token for ${name}?`,
      text: 'The current token is refused within two seconds. Set up the app again with the new one.',
      action: 'Make a new token',
    }),
    done: (name: string) => `${name} has a new token.`,
  },
  revoke: {
    question: (name: string) => ({
      title: `Revoke the token of ${name}?`,
      text: 'Within two seconds the device can no longer report. A new token lets it report again.',
      action: 'Revoke',
    }),
    done: (name: string) => `The token of ${name} is revoked.`,
  },
  remove: {
    question: (name: string) => ({
      title: `Remove ${name}?`,
      text: 'The device leaves this list, and its token is no longer valid. Its stored positions stay in the database. The setting devices.unknown then says whether new positions of the vehicle are stored. To refuse them in any case, press “Revoke” instead.',
      action: 'Remove',
    }),
    done: (name: string) => `${name} is removed. Its stored positions stay.`,
  },
} as const
export type ConfirmedChange = keyof typeof changeTexts

/** How a vehicle gets the token that it may need. */
export function tokenHint({ ingress }: Pick<Settings, 'ingress'>): string {
  return ingress.needsToken
    ? 'This platform refuses requests without a token. Each device gets its own token when it is added.'
    : 'Each device gets its own token when it is added. From then on, its vehicle can report only with this token.'
}

export const readOnlyText =
  'This page cannot change devices, because other machines can open the dashboard without a token. Set `dashboard.tokenFile` to change devices here. Or run `npm run devices -- add --name "Van 12"`: it adds a device and prints its vehicle id and its token. Type both below to get the setup for the phone.'
