/** By the end of a name, in lower case. */
const types: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  tab: 'text/tab-separated-values',
  txt: 'text/plain',
  log: 'text/plain',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  xml: 'application/xml',
  gpx: 'application/gpx+xml',
  html: 'text/html',
  parquet: 'application/vnd.apache.parquet',
  gz: 'application/gzip',
  zip: 'application/zip',
  pdf: 'application/pdf',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
}

/** The type of a file by the end of its name; undefined if it is not known. */
export function typeOfSuffix(name: string): string | undefined {
  const suffix = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase()
  return suffix === undefined ? undefined : types[suffix]
}
