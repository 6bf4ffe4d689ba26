import type { Readable } from 'node:stream'

/** An object of the bucket: a file. */
export type StoredObject = {
  /** The path in the bucket with `/` between its parts, e.g. `01_inbox/orders.csv`. */
  readonly key: string
  /** In bytes. */
  readonly size: number
  /** Changes when the content of the key changes. */
  readonly etag: string
  readonly modifiedAt: Date
}

/** Holds files until all their bytes are stored. No pipeline reads it. */
export const incomingFolder = '.incoming'

/** @member end exclusive */
export type ByteRange = { readonly begin: number; readonly end: number }

/** A name in a folder of the bucket that cannot be a key. */
type UnusableName = {
  /** The name with replacement characters for bytes that are not UTF-8. */
  readonly name: string
  /** A sentence: what is wrong with it. */
  readonly problem: string
}

export type Listed =
  | { readonly kind: 'object'; readonly object: StoredObject }
  | { readonly kind: 'unusable'; readonly unusable: UnusableName }

export type Browsed = {
  readonly objects: readonly StoredObject[]
  readonly folders: readonly string[]
}

/**
 * The result of a move:
 *
 * - `moved`: also if an earlier attempt was interrupted after it had made the target;
 * - `missing`: there is no object with the key and the etag;
 * - `taken`: the target exists and is another object. Nothing is overwritten.
 */
export type MoveOutcome = 'moved' | 'missing' | 'taken'

/**
 * One bucket: a folder of this machine, or a bucket of an S3 server. The tests of both are
 * `tests/integration/objects/object-store.test.ts`. Every method rejects while the store cannot be
 * reached; a retry is up to the caller.
 */
export interface ObjectStore {
  /** Where the bucket is, for messages to users. */
  readonly address: string
  /**
   * Lists the files of one folder in the order of the bytes of their names, without its subfolders.
   * A folder that does not exist is empty.
   *
   * @param isLeftOut called with the path of each file
   */
  list(folder: string, isLeftOut?: (key: string) => boolean): AsyncIterable<Listed>
  /**
   * Finds the files of one folder whose names end with a suffix, and the paths of its subfolders. Names that begin with
   * "." are left out, and those that cannot be keys.
   *
   * @param folder an empty text for the top of the bucket
   */
  browse(folder: string, suffix: string): Promise<Browsed>
  find(key: string): Promise<StoredObject | undefined>
  /**
   * Opens the content, or a range of it, which is not empty. Undefined if the object does not exist or has another etag now. A file that a
   * program changes in place can change while it is read: compare the etag again after the end.
   */
  read(object: StoredObject, range?: ByteRange): Promise<Readable | undefined>
  /** Reads a small object as a whole. Undefined if it has another etag before or after. */
  readWhole(object: StoredObject): Promise<Buffer | undefined>
  /** Writes a whole object. It appears when all bytes are stored, and replaces an older one. */
  write(key: string, content: Readable | Buffer): Promise<StoredObject>
  move(object: StoredObject, toKey: string): Promise<MoveOutcome>
  /** Removes an object. It is no error if there is none. */
  remove(key: string): Promise<void>
  /**
   * Removes what interrupted writes have left: files that are in no folder of a user.
   *
   * @param before younger ones stay, because they may still be written
   */
  removeUnfinished(before: Date): Promise<void>
  /** Makes folders visible before there are files in them. */
  makeFolders(folders: readonly string[]): Promise<void>
}
