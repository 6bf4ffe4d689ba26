import { resolve } from 'node:path'
import { expect } from 'chai'
import { chosenHome, userPath } from '../../../scripts/cli/user-paths.ts'

const names = ['INIT_CWD', 'AV_TELEMETRY_HOME'] as const

describe('a path of the user', () => {
  const before = names.map((name) => [name, process.env[name]] as const)
  const restore = (): void => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = value
    }
  }
  beforeEach(() => {
    process.env['INIT_CWD'] = '/home/me'
  })
  afterEach(restore)

  it('begins where the command was given', () => {
    expect(userPath('drive.csv')).to.equal('/home/me/drive.csv')
    expect(userPath('/drive.csv')).to.equal('/drive.csv')
    Reflect.deleteProperty(process.env, 'INIT_CWD')
    expect(userPath('drive.csv')).to.equal(resolve('drive.csv'))
  })

  for (const [home, expected] of [
    ['state', '/home/me/state'],
    ['../state', '/home/state'],
    ['/srv/state', '/srv/state'],
    ['', undefined],
  ] as const) {
    it(`leads to ${expected ?? 'no folder for the state'} from "${home}"`, () => {
      process.env['AV_TELEMETRY_HOME'] = home
      expect(chosenHome()).to.equal(expected)
    })
  }

  it('is none where none is named for the state', () => {
    Reflect.deleteProperty(process.env, 'AV_TELEMETRY_HOME')
    expect(chosenHome()).to.equal(undefined)
  })
})
