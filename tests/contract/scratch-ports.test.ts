import { expect } from 'chai'
import { blocks } from '../../scripts/ports/port-block.ts'
import { freeRun } from '../../scripts/ports/scratch-ports.ts'

describe('freeRun', () => {
  it('gives no port twice after all ports of a block are used, because its server may not have started yet', async () => {
    const each = 50
    const count = (2 * blocks.size) / each
    const runs: number[] = []
    while (runs.length < count) runs.push(await freeRun(each))
    const ports = runs.flatMap((first) => Array.from({ length: each }, (_, index) => first + index))
    expect(new Set(ports).size).to.equal(ports.length)
  }).timeout(30_000)
})
