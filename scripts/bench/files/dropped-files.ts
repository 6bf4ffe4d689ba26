import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ObjectStore } from '../../../services/adapters/objects/object-store.ts'
import { makePath } from '../../../services/runtime/process/make-path.mjs'
import { bucketFolder } from '../../../infra/local/placement.ts'
import type { BenchPlatform } from '../bench-platform.ts'

/** Small files, as a worker and the bare loop load them. */

export const [files, quickFiles] = [10_000, 2_000]

export const pipeline = 'bench_file'
const linesOfFile = 20

/** A pipeline that loads them. */
export const declaration = `name = "${pipeline}"
concurrency = 2
[from.files]
match = ["*.csv"]
[map]
format = "csv"
columns = [
  { name = "id", type = "bigint" },
  { name = "name", type = "text" },
  { name = "price", type = "numeric(12,3)" },
]
[to.table]
name = "${pipeline}"
key = ["id"]
`

/** A table like the one of the pipeline. */
export const tableLike = (name: string): string =>
  `CREATE TABLE data.${name} (id bigint PRIMARY KEY, name text, price numeric(12,3))`

let made = 0

/** Content that no other file has. */
function contentOf(): string {
  const lines = Array.from({ length: linesOfFile }, () => {
    const id = (made += 1)
    return `${id},customer ${id},${(id % 1_000) / 8}\n`
  })
  return `id,name,price\n${lines.join('')}`
}

const nameOf = (number: number): string => `orders-${String(number).padStart(6, '0')}.csv`

export function folderOf({ config, folders }: BenchPlatform, name: string): string {
  return join(bucketFolder(folders, config.objects.bucket), name)
}

/** Writes files into a folder. */
export function writeFiles(folder: string, first: number, count: number): void {
  makePath(folder)
  for (let number = first; number < first + count; number += 1)
    writeFileSync(join(folder, nameOf(number)), contentOf())
}

const writesAtOnce = 16

/** Writes files into a folder of a bucket. */
export async function writeObjects(
  store: ObjectStore,
  folder: string,
  [first, count]: readonly [first: number, count: number],
): Promise<void> {
  const waiting = Array.from({ length: count }, (_, index) => first + index)
  const writeNext = async (): Promise<void> => {
    for (let number = waiting.shift(); number !== undefined; number = waiting.shift())
      await store.write(`${folder}/${nameOf(number)}`, Buffer.from(contentOf()))
  }
  await Promise.all(Array.from({ length: writesAtOnce }, writeNext))
}
