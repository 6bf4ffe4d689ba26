import { z } from 'zod'

type Range = readonly [least: number, most: number]

const amount = (fallback: number, [least, most]: Range, description: string) =>
  z.number().min(least).max(most).default(fallback).describe(description)
const count = (fallback: number, [least, most]: Range, description: string) =>
  z.int().min(least).max(most).default(fallback).describe(description)

const metres: Range = [1, 100_000]

/** The section `dashboard.trips` of the configuration: the type `TripRules` of the services. */
export const trips = z.strictObject({
  jumpMetres: amount(
    100,
    metres,
    'A reading further from the last one than this distance plus jumpMetresPerSecond times the time between them is set aside.',
  ),
  jumpMetresPerSecond: amount(
    70,
    [1, 1_000],
    'The highest speed that is believed, in metres a second. Higher reported speeds do not count as the maximum of a trip.',
  ),
  jumpReadings: count(
    3,
    [1, 100],
    'So many readings that were set aside, one after the other and plausible to each other, begin a new part of the track. The leg to them counts nothing.',
  ),
  stopSeconds: amount(
    120,
    [1, 86_400],
    'A stop begins when the vehicle stays within stopMetres of a reading for this many seconds.',
  ),
  stopMetres: amount(30, metres, 'See stopSeconds. In metres.'),
  leaveMetres: amount(
    60,
    metres,
    'A stop goes on while the vehicle is within this many metres of the median position of its first stopSeconds.',
  ),
  leaveReadings: count(
    2,
    [1, 100],
    'A stop ends after so many readings in a row outside leaveMetres.',
  ),
  leaveAtOnceMetres: amount(300, metres, 'A stop ends at the first reading this many metres away.'),
  silenceFactor: amount(
    3,
    [1, 100],
    'A gap longer than this factor times the median of the intervals before it is a silence. A silence ends a trip.',
  ),
  silenceIntervals: count(
    10,
    [1, 100],
    'Number of intervals before a gap, or at the beginning after it, of which the median is taken.',
  ),
  silenceMinIntervals: count(
    3,
    [1, 100],
    'With fewer intervals before a gap, those after it are taken. With fewer there too, every gap longer than silenceMinSeconds is a silence.',
  ),
  silenceMinSeconds: amount(300, [1, 86_400], 'A shorter gap is no silence. In seconds.'),
  silenceMaxSeconds: amount(3_600, [1, 864_000], 'A longer gap is always a silence. In seconds.'),
  silenceMetres: amount(
    60,
    metres,
    'A vehicle that is nearer than this many metres to its place before a silence was standing. Otherwise nothing is counted between.',
  ),
  tripMetres: amount(
    100,
    metres,
    'A vehicle that does not get this many metres away from its start makes no trip. The time belongs to the stop.',
  ),
  pointMetres: amount(
    15,
    [0, 1_000],
    'The distance of a trip is measured over readings at least this many metres apart. 0: over all.',
  ),
  borderMinutes: amount(
    30,
    [0, 1_440],
    'Minutes before and after the requested span of which the readings are read too, so that trips and stops at its borders are found.',
  ),
})
