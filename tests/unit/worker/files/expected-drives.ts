/** Of drives without an altitude reference. */
export const metadata = { altitudeReference: 'unknown' }

/** Each drive with the keys of `map` that it needs beside the format, and its readings. */
export const drives: readonly (readonly [
  name: string,
  map: string,
  readings: readonly unknown[],
])[] = [
  [
    'torque.csv',
    'vehicle = "CAR-1"',
    [
      {
        ...{
          vin: 'CAR-1',
          timestamp: '2026-11-20T10:00:00+01:00',
          latitude: 47.3769,
          longitude: 8.5417,
        },
        ...{ speed: 13.5, sequence: 2, altitude: 408, metadata, heading: 181.5 },
      },
      {
        ...{
          vin: 'CAR-1',
          timestamp: '2026-11-20T10:00:01+01:00',
          latitude: 47.3768,
          longitude: 8.5417,
        },
        ...{ speed: 11.12, sequence: 3 },
      },
    ],
  ],
  [
    'sensor-logger.csv',
    'vehicle = { file = "{vehicle}.csv" }',
    [
      {
        ...{
          vin: 'sensor-logger',
          timestamp: '2026-11-20T09:00:00.123456Z',
          latitude: 48.2,
          longitude: 16.37,
        },
        ...{ speed: 0, sequence: 2, altitude: 170.25, metadata },
      },
      {
        ...{
          vin: 'sensor-logger',
          timestamp: '2026-11-20T09:00:01.123456Z',
          latitude: 48.2,
          longitude: 16.3701,
        },
        ...{ speed: 8.25, sequence: 3, altitude: 170.5, metadata, heading: 90.5 },
      },
    ],
  ],
  [
    'gpslogger.csv',
    'vehicle = "P"',
    [
      {
        ...{
          vin: 'P',
          timestamp: '2026-11-20T09:00:00.000000Z',
          latitude: 47.3769,
          longitude: 8.5417,
        },
        ...{ speed: 22.15, sequence: 2, altitude: 408, metadata, heading: 181.5 },
      },
    ],
  ],
  [
    'traccar.csv',
    'vehicle = "T"\ntime_offset = "Z"\nfields.speed = { from = "speed", unit = "kn" }',
    [
      {
        ...{ vin: 'T', timestamp: '2026-11-20T09:00:00Z', latitude: 55.7558, longitude: 37.6173 },
        ...{ speed: 16.719, sequence: 2, altitude: 156.2, metadata, heading: 350 },
      },
      {
        ...{ vin: 'T', timestamp: '2026-11-20T09:00:10Z', latitude: 55.7567, longitude: 37.6171 },
        ...{ speed: 16.462, sequence: 3, altitude: 156, metadata, heading: 0 },
      },
    ],
  ],
  [
    'geotab.csv',
    'vehicle = { field = "Device" }',
    [
      {
        vin: 'TRUCK-7',
        timestamp: '2026-11-20T09:00:00.000Z',
        latitude: 43.6532,
        longitude: -79.3832,
        speed: 20,
        sequence: 2,
      },
      {
        vin: 'TRUCK-8',
        timestamp: '2026-11-20T09:00:00.000Z',
        latitude: 43.7,
        longitude: -79.4,
        speed: 0,
        sequence: 3,
      },
      {
        vin: 'TRUCK-7',
        timestamp: '2026-11-20T09:00:30.000Z',
        latitude: 43.6592,
        longitude: -79.3832,
        speed: 22.239,
        sequence: 4,
      },
    ],
  ],
  [
    'samsara.csv',
    'vehicle = { field = "Vehicle Name" }',
    [
      {
        ...{
          vin: 'VAN-1',
          timestamp: '2026-11-20T09:00:00Z',
          latitude: 37.7749,
          longitude: -122.4194,
        },
        ...{ speed: 15.646, sequence: 2, heading: 270 },
      },
    ],
  ],
  [
    'qgis.csv',
    'vehicle = "Q"',
    [
      {
        ...{
          vin: 'Q',
          timestamp: '2026-11-20T09:00:00+00:00',
          latitude: 40.4168,
          longitude: -3.7038,
        },
        ...{ speed: 0, sequence: 2, altitude: 667.5, metadata },
      },
      {
        ...{
          vin: 'Q',
          timestamp: '2026-11-20T09:00:05+00:00',
          latitude: 40.417,
          longitude: -3.703,
        },
        ...{ speed: 14.257, sequence: 3, altitude: 667.6, metadata },
      },
    ],
  ],
  [
    'phonetrack.csv',
    'vehicle = "PT"',
    [
      {
        ...{
          vin: 'PT',
          timestamp: '2026-11-20T09:00:00.000000Z',
          latitude: 45.75,
          longitude: 4.85,
        },
        ...{ speed: 13.9, sequence: 2, altitude: 170, metadata, heading: 45 },
      },
    ],
  ],
  [
    'german.csv',
    [
      ...['vehicle = "D"', 'encoding = "latin1"'],
      'fields = { timestamp = "Zeit", latitude = "Breite", longitude = "Länge", altitude = "Höhe", speed = { from = "Geschwindigkeit", unit = "km/h" } }',
    ].join('\n'),
    [
      [
        ...[2, 'invalid-timestamp'],
        'The time is "20.11.2026"; expected ISO 8601 with an offset, e.g. "2026-01-31T12:00:00Z", or Unix time.',
      ],
      {
        ...{ vin: 'D', timestamp: '2026-11-20T09:00:00Z', latitude: 48.1372, longitude: 11.5763 },
        ...{ speed: 14, sequence: 3, altitude: 519.4, metadata },
      },
    ],
  ],
]
