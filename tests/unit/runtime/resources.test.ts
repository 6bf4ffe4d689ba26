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

  it('closes resources in reverse order, each once', async () => {
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

  it('use and adopt return the resource', () => {
    const resource = closing('x')
    const resources = new Resources()
    expect(resources.use(resource)).to.equal(resource)
    expect(resources.adopt(resource, () => Promise.resolve())).to.equal(resource)
  })

  it('closes all resources despite failures, then throws the first failure', async () => {
    const resources = new Resources()
    resources.use(closing('first'))
    resources.adopt(0, () => Promise.reject(new Error('later')))
    resources.use(closing('second'))
    resources.adopt(0, () => {
      throw new Error('immediate')
    })
    const failure = await dispose(resources)
    expect((failure as Error).message).to.equal('immediate')
    expect(closed).to.deep.equal(['second', 'first'])
  })

  it('does not close resources that were moved to a new owner', async () => {
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
