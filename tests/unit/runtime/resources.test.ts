import { expect } from 'chai'
import { Resources } from '../../../services/runtime/resources.ts'

describe('Resources', () => {
  let closed: string[]
  beforeEach(() => {
    closed = []
  })

  const closing = (name: string) => ({
    [Symbol.asyncDispose]: () => {
      closed.push(name)
      return Promise.resolve()
    },
  })
  const dispose = (resources: Resources): Promise<unknown> =>
    resources[Symbol.asyncDispose]().catch((error: unknown) => error)

  it('closes in the opposite order of opening, each once', async () => {
    const resources = new Resources()
    resources.use(closing('first'))
    resources.adopt('second', (name) => {
      closed.push(name)
      return Promise.resolve()
    })
    resources.use(closing('third'))
    await dispose(resources)
    await dispose(resources)
    expect(closed).to.deep.equal(['third', 'second', 'first'])
  })

  it('gives back what it is to remember', () => {
    const resource = closing('x')
    const resources = new Resources()
    expect(resources.use(resource)).to.equal(resource)
    expect(resources.adopt(resource, () => Promise.resolve())).to.equal(resource)
  })

  it('goes on after failures and throws the first of them at the end', async () => {
    const resources = new Resources()
    resources.use(closing('first'))
    resources.adopt(0, () => Promise.reject(new Error('later')))
    resources.use(closing('second'))
    resources.adopt(0, () => {
      throw new Error('at once')
    })
    const failure = await dispose(resources)
    expect((failure as Error).message).to.equal('at once')
    expect(closed).to.deep.equal(['second', 'first'])
  })

  it('closes nothing that has moved to a new owner', async () => {
    const resources = new Resources()
    resources.use(closing('moved'))
    const owner = resources.move()
    resources.use(closing('own'))
    await dispose(resources)
    expect(closed).to.deep.equal(['own'])
    await dispose(owner)
    expect(closed).to.deep.equal(['own', 'moved'])
  })
})
