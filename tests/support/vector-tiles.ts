/** Builds vector tiles (Mapbox Vector Tile 2.1). */

export const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]

/** A protocol buffer field: a number, or bytes with a length prefix. */
const field = (number: number, value: number | Uint8Array): Buffer =>
  typeof value === 'number'
    ? Buffer.from([...varint(number * 8), ...varint(value)])
    : Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(value.length)]), value])

/** Units of a tile's width and height. */
export const tileExtent = 4096

type Position = readonly [x: number, y: number]

const geometryTypes = { point: 1, line: 2, polygon: 3 } as const

export type TileFeature = {
  readonly layer: string
  readonly type: keyof typeof geometryTypes
  /** A polygon has the outlines of its parts, clockwise, without the repeated first position. */
  readonly parts: readonly (readonly Position[])[]
  readonly properties?: Readonly<Record<string, string | number | boolean>>
}

/** A vector tile with the features, in their order within each layer. */
export function vectorTile(features: readonly TileFeature[]): Buffer {
  const names = [...new Set(features.map(({ layer }) => layer))]
  return Buffer.concat(
    names.map((name) => {
      const keys: string[] = []
      const values: Buffer[] = []
      const encoded = features
        .filter(({ layer }) => layer === name)
        .map((feature) => {
          const tags = Object.entries(feature.properties ?? {}).flatMap(([key, value]) => [
            keys.push(key) - 1,
            values.push(valueOf(value)) - 1,
          ])
          return field(2, featureOf(feature, tags))
        })
      const content = [
        field(15, 2),
        field(1, Buffer.from(name)),
        ...encoded,
        ...keys.map((key) => field(3, Buffer.from(key))),
        ...values.map((value) => field(4, value)),
        field(5, tileExtent),
      ]
      return field(3, Buffer.concat(content))
    }),
  )
}

function featureOf({ type, parts }: TileFeature, tags: readonly number[]): Buffer {
  return Buffer.concat([
    field(2, Buffer.from(tags.flatMap(varint))),
    field(3, geometryTypes[type]),
    field(4, Buffer.from(commandsOf(type, parts).flatMap(varint))),
  ])
}

function valueOf(value: string | number | boolean): Buffer {
  if (typeof value === 'string') return field(1, Buffer.from(value))
  return typeof value === 'boolean' ? field(7, Number(value)) : field(6, zigzag(value))
}

const zigzag = (value: number): number => (value < 0 ? -value * 2 - 1 : value * 2)

/** Move to the first position of each part, draw lines, close polygons. Steps are relative. */
function commandsOf(type: TileFeature['type'], parts: TileFeature['parts']): number[] {
  const command = (id: number, count: number): number => count * 8 + id
  let [x, y] = [0, 0]
  const step = ([nextX, nextY]: Position): number[] => {
    const steps = [zigzag(nextX - x), zigzag(nextY - y)]
    ;[x, y] = [nextX, nextY]
    return steps
  }
  return parts.flatMap(([first = [0, 0], ...rest]) => [
    command(1, 1),
    ...step(first),
    ...(rest.length > 0 ? [command(2, rest.length), ...rest.flatMap(step)] : []),
    ...(type === 'polygon' ? [command(7, 1)] : []),
  ])
}

/** A vector tile that one polygon of one layer fills. */
export function fullTile(layer: string): Buffer {
  const corners: Position[] = [
    [0, 0],
    [tileExtent, 0],
    [tileExtent, tileExtent],
    [0, tileExtent],
  ]
  return vectorTile([{ layer, type: 'polygon', parts: [corners] }])
}
