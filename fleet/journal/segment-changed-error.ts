/** What a segment's file had is no longer in it: other than a file that cannot be read just now. */
export class SegmentChangedError extends Error {
  readonly code = 'SEGMENT_CHANGED'
  constructor(path: string, how: string) {
    super(`${path} ${how}`)
    this.name = 'SegmentChangedError'
  }
}
