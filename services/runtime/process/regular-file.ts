import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

// Files that a user names. A pipe or a device can block for good or never end.

/**
 * The content of a file.
 *
 * @throws Error with the reason, also if it is not a regular file or has more than `maxBytes`
 */
export function readRegularFile(path: string, maxBytes: number): Buffer {
  const bytes = readBeginning(path, maxBytes + 1)
  if (bytes.length > maxBytes) throw new Error(`it has more than ${describeBytes(maxBytes)}`)
  return bytes
}

/**
 * The first bytes of a file, at most `maxBytes`.
 *
 * @throws Error with the reason, also if it is not a regular file
 */
export function readBeginning(path: string, maxBytes: number): Buffer {
  // Without O_NONBLOCK the call waits until a program writes to a pipe.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) throw new Error(stat.isDirectory() ? 'it is a folder' : notRegular)
    return readUpTo(descriptor, maxBytes, stat.size)
  } finally {
    closeSync(descriptor)
  }
}

/** The size is only a hint: the files in /proc have the size 0. */
function readUpTo(descriptor: number, maxBytes: number, size: number): Buffer {
  const parts: Buffer[] = []
  let left = maxBytes
  while (left > 0) {
    const part = Buffer.allocUnsafe(Math.min(left, Math.max(size, minPartBytes)))
    const read = readSync(descriptor, part)
    if (read === 0) break
    parts.push(part.subarray(0, read))
    left -= read
  }
  return Buffer.concat(parts)
}

const notRegular = 'it is not a regular file'
const minPartBytes = 4_096
const bytesPerMebibyte = 1024 * 1024

function describeBytes(bytes: number): string {
  return bytes < bytesPerMebibyte ? `${bytes} bytes` : `${bytes / bytesPerMebibyte} MiB`
}
