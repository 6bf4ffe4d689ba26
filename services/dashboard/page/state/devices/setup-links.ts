/** How apps on phones are set up (`docs/devices.md`). The source code of each app defines the form of its link. */

export const deviceApps = ['traccar', 'owntracks', 'overland'] as const
export type DeviceApp = (typeof deviceApps)[number]

export type DeviceAccess = {
  /** The address of the ingress as the phone reaches it: `http://192.0.2.7:5001`. */
  readonly origin: string
  readonly vin: string
  /** Undefined if no token is needed. */
  readonly token: string | undefined
}

export type AppSetup = {
  readonly name: string
  /** Sets up the app when the phone opens or scans it. */
  readonly link: string
  /** What to do with the link. */
  readonly steps: readonly string[]
  /** The same by hand: the name of a setting in the app, and its value. */
  readonly settings: readonly (readonly [string, string])[]
}

/** The setup of an app. */
export function setupOf(app: DeviceApp, access: DeviceAccess): AppSetup {
  switch (app) {
    case 'traccar':
      return traccar(access)
    case 'owntracks':
      return owntracks(access)
    case 'overland':
      return overland(access)
    default:
      return app satisfies never
  }
}

/** The app takes the device id from the query, and the address without the query: so the token is in the path. */
function traccar({ origin, vin, token }: DeviceAccess): AppSetup {
  const url = `${origin}/devices/osmand${token === undefined ? '' : `/${encodeURIComponent(token)}`}`
  return {
    name: 'Traccar Client',
    link: `${url}?id=${encodeURIComponent(vin)}`,
    steps: [
      'Install Traccar Client (Android, iPhone).',
      'Open the settings of the app, tap the QR code symbol, and scan this code.',
      'Switch on “Continuous tracking”.',
    ],
    settings: [
      ['Server URL', url],
      ['Device identifier', vin],
    ],
  }
}

const owntracksHttpMode = 3

function owntracks({ origin, vin, token }: DeviceAccess): AppSetup {
  const url = `${origin}/devices/owntracks`
  const configuration = {
    _type: 'configuration',
    mode: owntracksHttpMode,
    url,
    deviceId: vin,
    ...{ auth: token !== undefined, username: vin, password: token ?? '' },
  }
  return {
    name: 'OwnTracks',
    link: `owntracks:///config?inline=${encodeURIComponent(toBase64(JSON.stringify(configuration)))}`,
    steps: [
      'Install OwnTracks (Android, iPhone).',
      'Scan this code with the camera of the phone, and let OwnTracks open the link.',
      'Save the settings that it shows, and choose the mode “Move”.',
    ],
    settings: [
      ['Mode', 'HTTP'],
      ['URL', url],
      ['Device ID', vin],
      ['User name', vin],
      ...passwordOf('Password', token),
    ],
  }
}

function overland({ origin, vin, token }: DeviceAccess): AppSetup {
  const url = `${origin}/devices/overland`
  const query = [['url', url], ...passwordOf('token', token), ['device_id', vin]] as const
  const fields = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return {
    name: 'Overland',
    link: `overland://setup?${fields.join('&')}`,
    steps: [
      'Install Overland (iPhone).',
      'Scan this code with the camera of the phone, and let Overland open the link.',
      'Start the tracker.',
    ],
    settings: [
      ['Receiver endpoint', url],
      ['Device ID', vin],
      ...passwordOf('Access token', token),
    ],
  }
}

const passwordOf = (name: string, token: string | undefined): readonly [string, string][] =>
  token === undefined ? [] : [[name, token]]

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}

/**
 * A request as Traccar Client sends it, to try the setup without a phone.
 *
 * @param link of the setup of Traccar Client
 */
export function tryCommand(link: string): string {
  return `curl -i -d "lat=37.77&lon=-122.42&timestamp=$(date +%s)" '${link}'`
}
