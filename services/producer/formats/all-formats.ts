import type { DeviceFormat } from './format.ts'
import { osmand } from './osmand.ts'
import { overland } from './overland.ts'
import { owntracks } from './owntracks.ts'
import { traccar } from './traccar.ts'

/** The formats of phones and trackers, one file each. */
export const deviceFormats: readonly DeviceFormat[] = [osmand, traccar, owntracks, overland]
