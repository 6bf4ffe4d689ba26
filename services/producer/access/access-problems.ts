import type { Problem } from '../../adapters/http/problem.ts'

/** The error responses about who may report. Each detail says what was wrong and what to do. */

/** Why readings were refused because of who sends them: values of the metric label `why`. */
export const vehicleRefusals = ['other-vehicle', 'token-required', 'unknown-vehicle'] as const
export type VehicleRefusal = (typeof vehicleRefusals)[number]

export const devicesNotRead: Problem = {
  status: 503,
  title: 'Devices not read',
  detail: 'This producer has not read the list of devices yet. Retry the same request later.',
  headers: { 'retry-after': '1' },
}

export const severalTokens: Problem = {
  status: 403,
  title: 'Several tokens',
  detail:
    'The request has the tokens of several vehicles. Nothing of it is stored. Send one token, in one place: at the end of the path, in the query, as the password of the app, or in the header Authorization.',
  extra: { code: 'several-tokens' },
}

/** A request is refused as a whole: nothing of it is stored. */
export const vehicleRefused: Readonly<Record<VehicleRefusal, Problem>> = {
  'other-vehicle': {
    status: 403,
    title: 'Another vehicle',
    detail:
      'The token belongs to another vehicle. Nothing of this request is stored. Use the vin of the token, or one of its aliases.',
    extra: { code: 'other-vehicle' },
  },
  'token-required': {
    status: 401,
    title: 'Token required',
    detail:
      'Reports of this vehicle need the token of its device. The token is missing or wrong. Nothing of this request is stored. Send the token of the device. If it is lost, npm run devices -- rotate VIN makes a new one.',
    headers: { 'www-authenticate': 'Bearer' },
    extra: { code: 'token-required' },
  },
  'unknown-vehicle': {
    status: 403,
    title: 'Unknown vehicle',
    detail:
      'The vehicle has no device, and the request has no token. Nothing of this request is stored. Add the vehicle on the page Devices or with npm run devices -- admit ID, then send its token.',
    extra: { code: 'unknown-vehicle' },
  },
}
