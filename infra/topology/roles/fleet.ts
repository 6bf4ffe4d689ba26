import { addressText } from '../addresses.ts'
import { commonEnv, eventsToken, originEnv, reportingTokenEnv, roadsEnv } from '../environment.ts'
import type { PlanContext, PlanDetails, RoleFile } from '../role-file.ts'
import { ingress } from './ingress.ts'

/** The simulated vehicles. */
export const fleet: RoleFile = {
  name: 'fleet',
  instances: ({ fleet }) => (fleet.numVehicles > 0 ? 1 : 0),
  needs: [ingress],
  stop: { rank: 1, graceMs: 2_500 },
  image: { from: 'node', isBuilt: true },
  bundle: { main: 'fleet/main.ts' },
  memoryBesideHeapMegabytes: 160,
  secrets: ['gateway'],
  userFiles: (config) => [eventsToken(config)],
  volume: { path: '/data' },
  roads: 'write',
  isClient: true,
  plan: (context) => {
    const { numVehicles } = context.config.fleet
    return vehicles(context, { seed: context.fleetSeed, firstVehicle: 0, numVehicles })
  },
}

/** Which vehicles of a seed a process simulates. */
export type FleetShare = {
  readonly seed: number
  readonly firstVehicle: number
  readonly numVehicles: number
}

/** The configuration of a process that simulates some of the vehicles. */
export function vehicles(context: PlanContext, share: FleetShare): PlanDetails {
  const { config, placement } = context
  return {
    env: {
      ...commonEnv(context),
      FLEET_HOST: addressText(placement.reach(ingress.name, 0, 'main')),
      FLEET_EVENTS_PATH: config.ingress.path,
      FLEET_FIRST_VEHICLE: String(share.firstVehicle),
      FLEET_NUM_VEHICLES: String(share.numVehicles),
      FLEET_REPORT_INTERVAL_SECONDS: String(config.fleet.reportIntervalSeconds),
      FLEET_SEED: String(share.seed),
      ...originEnv('FLEET_ORIGIN', context),
      ...reportingTokenEnv('FLEET_TOKEN_FILE', context),
      FLEET_REFUSED_FILE: placement.dataFile(fleet.name, 0, 'refused.ndjson'),
      ...roadsEnv('FLEET_ROADS_FILE', placement.roadsFile('write')),
      FLEET_JOURNAL_FOLDER: placement.dataFile(fleet.name, 0, 'journal'),
      FLEET_JOURNAL_MEGABYTES: String(config.fleet.journalMegabytes),
    },
    ready: { kind: 'none' },
  }
}
