import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import type { Logger } from '../../services/runtime/logger.ts'
import { errorFields } from '../../services/runtime/logger.ts'
import { releaseLock, takeLock } from '../../services/runtime/process/lock.mjs'
import type { Clock } from '../../services/runtime/clock.ts'
import type { Journal } from '../uplink/journal.ts'
import { DiskQueue } from './disk-queue.ts'
import { DurableJournal, memoryCapacityReadings } from './durable-journal.ts'
import type { LoadedSegments } from './load-segments.ts'
import { loadSegments, segmentPath } from './load-segments.ts'
import { JournalInUseError } from './journal-in-use-error.ts'
import { SequenceMarker } from './sequence-marker.ts'
import { MemoryJournal } from './memory-journal.ts'
import { encodeHead } from './records.ts'
import { moveAside } from './segment.ts'

export type JournalOptions = {
  readonly folder: string
  /** Limit for all files together. */
  readonly megabytes: number
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Opens the journal in a folder, including entries of earlier processes. Unreadable files are moved
 * aside. If the folder cannot be used at all, the journal is only in memory. Both are logged as
 * errors.
 *
 * @throws JournalInUseError if another process uses the journal
 */
export function openJournal(options: JournalOptions): Journal {
  const { folder, logger, clock } = options
  try {
    makeFolder(options)
    const lock = join(folder, 'lock')
    const holder = takeLock(lock)
    if (holder !== undefined) throw new JournalInUseError(folder, holder)
    return openFolder(options, () => {
      releaseLock(lock)
    })
  } catch (error) {
    if (error instanceof JournalInUseError) throw error
    const { message } = error as Error
    const reason = `The journal ${folder} cannot be used (${message}). Readings are kept only in memory and are lost when this process ends.`
    logger.error({ reason }, 'uplink-journal-unusable')
    return new MemoryJournal(memoryCapacityReadings, clock.now())
  }
}

function makeFolder({ folder, logger }: JournalOptions): void {
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    setAside(folder, 'it is a file, not a folder', logger)
  }
  // Other programs may use the parent folders: only the journal folder itself is private.
  makePath(dirname(folder))
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
}

function openFolder(options: JournalOptions, release: () => void): DurableJournal {
  const { folder, megabytes, clock, logger } = options
  const sequenceMarker = new SequenceMarker(folder)
  const { sequences, segments, lastNumber } = findAll(options, sequenceMarker)
  if (sequenceMarker.isMissing && segments.length === 0) sequenceMarker.write(true)
  else if (!sequenceMarker.areAllRecorded) sequences.skipToClock(clock.now())
  let number = lastNumber
  const disk = new DiskQueue({
    segments,
    capacityBytes: megabytes * 1024 * 1024,
    nextPath: () => segmentPath(folder, (number += 1)),
    nextHead: () => encodeHead(sequences.marks),
    onUnreadable: (segment, error) => {
      segment.close()
      setAside(segment.path, (error as Error).message, logger)
    },
    onReadFailed: ({ path }, error) => {
      const reason = `${path} cannot be read now. Its readings stay there, and reading is retried.`
      logger.warn({ ...errorFields(error), reason }, 'uplink-journal-held-up')
    },
  })
  return new DurableJournal({
    disk,
    sequences,
    sequenceMarker,
    releaseLock: release,
    clock,
    logger,
  })
}

function findAll(
  { folder, logger }: JournalOptions,
  sequenceMarker: SequenceMarker,
): LoadedSegments {
  return loadSegments(folder, {
    onUnreadable: (path, why) => {
      sequenceMarker.write(false)
      setAside(path, why, logger)
    },
    onDamaged: (path) => {
      sequenceMarker.write(false)
      const reason = `Some lines of ${path} cannot be read. The other lines are sent, and the file is kept.`
      logger.error({ reason }, 'uplink-journal-unreadable')
    },
  })
}

function setAside(path: string, why: string, logger: Logger): void {
  try {
    const reason = `${path} cannot be read (${why}); it is kept as ${moveAside(path)}.`
    logger.error({ reason }, 'uplink-journal-unreadable')
  } catch (error) {
    const reason = `${path} cannot be read (${why}) and cannot be moved aside (${(error as Error).message}).`
    logger.error({ reason }, 'uplink-journal-unreadable')
  }
}
