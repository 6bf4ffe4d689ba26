import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect } from 'chai'
import type { BodyMemory } from '../../../services/producer/receiving/read-body.ts'
import {
  discardRest,
  maxBodyBytes,
  readBody,
} from '../../../services/producer/receiving/read-body.ts'

describe('discardRest', () => {
  const chunk = Buffer.alloc(64 * 1024, ' ')
  const chunkCount = (3 * maxBodyBytes) / chunk.length
  const unlimitedMemory: BodyMemory = { reserve: () => true, onEvicted: () => undefined }

  /** A request whose complete body of three times the limit has arrived. */
  function largeRequest(): IncomingMessage {
    const request = new IncomingMessage(new Socket())
    for (let count = 0; count < chunkCount; count += 1) request.push(chunk)
    request.push(null)
    return request
  }

  function memoryOf(bytes: number): BodyMemory {
    let left = bytes
    return { ...unlimitedMemory, reserve: (more) => (left -= more) >= 0 }
  }

  for (const { kind, memory } of [
    { kind: 'too-large', memory: unlimitedMemory },
    { kind: 'no-memory', memory: memoryOf(maxBodyBytes / 2) },
  ] as const) {
    it(`reads the body to its end after readBody returned ${kind}`, async () => {
      const request = largeRequest()
      expect(await readBody(request, memory)).to.deep.equal({ kind })
      expect(request.readableEnded).to.equal(false)
      await discardRest(request)
      expect(request.readableEnded).to.equal(true)
    })
  }
})
