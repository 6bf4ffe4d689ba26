/** A version of a file that could be imported. */
export type FileVersion = {
  readonly bundle: string
  readonly digest: string
  readonly handlers: readonly PlacedHandler[]
}

/** A handler and where it was made, e.g. `/handlers/a.ts:3`. */
export type PlacedHandler = { readonly name: string; readonly place: string }

export type CombinedFile = {
  readonly path: string
  readonly version: FileVersion | undefined
  readonly fault: string | undefined
}

/**
 * Which version of each file is in effect. A name belongs to the first file that has it. A file with a
 * name that another one has keeps the version before.
 */
export function combineFiles(
  files: readonly CombinedFile[],
  {
    before,
    reserved,
  }: { readonly before: ReadonlyMap<string, FileVersion>; readonly reserved: readonly string[] },
): {
  readonly inEffect: ReadonlyMap<string, FileVersion>
  readonly faults: ReadonlyMap<string, string>
} {
  const places = new Map<string, string>(reserved.map((name) => [name, 'a part of the worker']))
  const inEffect = new Map<string, FileVersion>()
  const faults = new Map<string, string>()
  const add = (path: string, version: FileVersion): void => {
    inEffect.set(path, version)
    for (const { name, place } of version.handlers) places.set(name, place)
  }
  for (const { path, version, fault } of files) {
    if (fault !== undefined) faults.set(path, fault)
    if (version === undefined) continue
    const repeated = faultOfNames(version, places)
    if (repeated === undefined) {
      add(path, version)
      continue
    }
    faults.set(path, fault ?? repeated)
    const earlier = before.get(path)
    if (earlier !== undefined && faultOfNames(earlier, places) === undefined) add(path, earlier)
  }
  return { inEffect, faults }
}

function faultOfNames(
  { handlers }: FileVersion,
  places: ReadonlyMap<string, string>,
): string | undefined {
  const own = new Map<string, string>()
  for (const { name, place } of handlers) {
    const other = places.get(name) ?? own.get(name)
    if (other !== undefined) {
      return `${place}: the name "${name}" is used already (${other}); choose another one.`
    }
    own.set(name, place)
  }
  return undefined
}
