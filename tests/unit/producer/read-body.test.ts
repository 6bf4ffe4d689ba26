import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect } from 'chai'
import type { BodyMemory } from '../../../services/producer/events/read-body.ts'
import { discardRest, maxBodyBytes, readBody } from '../../../services/producer/events/read-body.ts'

describe('a body that is not wanted', () => {
  const piece = Buffer.alloc(64 * 1024, ' ')
  const pieces = (3 * maxBodyBytes) / piece.length
  const endlessRoom: BodyMemory = { reserve: () => true, onEvicted: () => undefined }

  /** A request whose body is there whole. */
  function sent(): IncomingMessage {
    const request = new IncomingMessage(new Socket())
    for (let count = 0; count < pieces; count += 1) request.push(piece)
    request.push(null)
    return request
  }

  function roomFor(bytes: number): BodyMemory {
    let left = bytes
    return { ...endlessRoom, reserve: (more) => (left -= more) >= 0 }
  }

  for (const { kind, room } of [
    { kind: 'too-large', room: endlessRoom },
    { kind: 'no-memory', room: roomFor(maxBodyBytes / 2) },
  ] as const) {
    it(`is read to its end after it was ${kind}`, async () => {
      const request = sent()
      expect(await readBody(request, room)).to.deep.equal({ kind })
      expect(request.readableEnded).to.equal(false)
      await discardRest(request)
      expect(request.readableEnded).to.equal(true)
    })
  }
})
