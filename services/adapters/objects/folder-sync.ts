import { constants } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'

/** Writes folders to the disk: names are stored with their folder. Calls at the same time share one write. */
export class FolderSync {
  /** By path: the write that runs, and the one after it, which covers all later names. */
  readonly #writes = new Map<string, { running: Promise<void>; next?: Promise<void> }>()

  /** Resolves when the names that are in the folder now are on the disk. */
  sync(path: string): Promise<void> {
    const writes = this.#writes.get(path)
    if (writes === undefined) return this.#begin(path)
    return (writes.next ??= writes.running.catch(() => undefined).then(() => this.#begin(path)))
  }

  #begin(path: string): Promise<void> {
    const running = syncFolder(path).finally(() => {
      if (this.#writes.get(path)?.running === running) this.#writes.delete(path)
    })
    this.#writes.set(path, { running })
    return running
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Writes a new file. Its content is on the disk then, its name not yet. */
export async function writeDurably(path: string, content: Readable | Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o644)
  try {
    await writeFile(file, content)
    await file.sync()
  } finally {
    await file.close()
  }
}
