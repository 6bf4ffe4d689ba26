import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Logger } from '../../services/runtime/logger.ts'
import { errorFields } from '../../services/runtime/logger.ts'
import { releaseLock, takeLock } from '../../services/runtime/process/lock.mjs'
import type { Clock } from '../../services/runtime/clock.ts'
import type { Journal } from '../uplink/journal.ts'
import { DiskQueue } from './disk-queue.ts'
import { DurableJournal, memoryCapacity } from './durable-journal.ts'
import type { FoundSegments } from './found-segments.ts'
import { findSegments, segmentPath } from './found-segments.ts'
import { JournalInUseError } from './journal-in-use-error.ts'
import { KnownSequences } from './known-sequences.ts'
import { MemoryJournal } from './memory-journal.ts'
import { encodeHead } from './records.ts'
import { moveAside } from './segment.ts'

export type JournalOptions = {
  readonly folder: string
  /** What the files may take. */
  readonly megabytes: number
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Opens the journal in a folder, with what earlier processes have left there. What cannot be read
 * goes aside; where the folder cannot be used at all, the journal is in memory alone. Either is
 * said in the service log.
 *
 * @throws JournalInUseError where another process has it
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
    const reason = `The journal ${folder} cannot be used (${message}): readings are kept in memory alone, and end with this process.`
    logger.error({ reason }, 'uplink-journal-unusable')
    return new MemoryJournal(memoryCapacity, clock.now())
  }
}

function makeFolder({ folder, logger }: JournalOptions): void {
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    setAside(folder, 'it is a file', logger)
  }
  // What lies above may be others' too.
  mkdirSync(dirname(folder), { recursive: true })
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
}

function openFolder(options: JournalOptions, release: () => void): DurableJournal {
  const { folder, megabytes, clock, logger } = options
  const known = new KnownSequences(folder)
  const { sequences, segments, lastNumber } = findAll(options, known)
  if (known.isUnsaid && segments.length === 0) known.say(true)
  else if (!known.areKnown) sequences.leap(clock.now())
  let number = lastNumber
  const disk = new DiskQueue({
    segments,
    capacity: megabytes * 1024 * 1024,
    nextPath: () => segmentPath(folder, (number += 1)),
    nextHead: () => encodeHead(sequences.marks),
    onUnreadable: (segment, error) => {
      segment.close()
      setAside(segment.path, (error as Error).message, logger)
    },
    onHeldUp: ({ path }, error) => {
      const reason = `${path} cannot be read now; what waits in it stays there and is tried again.`
      logger.warn({ ...errorFields(error), reason }, 'uplink-journal-held-up')
    },
  })
  return new DurableJournal({ disk, sequences, known, release, clock, logger })
}

function findAll({ folder, logger }: JournalOptions, known: KnownSequences): FoundSegments {
  return findSegments(folder, {
    onUnreadable: (path, why) => {
      known.say(false)
      setAside(path, why, logger)
    },
    onDamaged: (path) => {
      known.say(false)
      const reason = `Some lines of ${path} cannot be read; the others are sent, and the file is kept.`
      logger.error({ reason }, 'uplink-journal-unreadable')
    },
  })
}

function setAside(path: string, why: string, logger: Logger): void {
  try {
    const reason = `${path} cannot be read (${why}); it is kept as ${moveAside(path)}.`
    logger.error({ reason }, 'uplink-journal-unreadable')
  } catch (error) {
    const reason = `${path} cannot be read (${why}), nor moved aside (${(error as Error).message}).`
    logger.error({ reason }, 'uplink-journal-unreadable')
  }
}
