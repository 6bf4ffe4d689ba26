import { expect } from 'chai'
import { lostBucketFaults } from '../../../infra/checks/lost-bucket.ts'
import { toConfig } from '../../../infra/config/config.ts'

const withBucket = ['kafka-0', 'objects-0', 'postgres-0']
const faultsOf = (names: readonly string[], ...settings: readonly string[]) =>
  lostBucketFaults(toConfig({}, settings), { names, fullName: (name) => `av-${name}` })

const otherServer = [
  'files.enabled=true',
  'objects.endpoint=https://s3.example.org',
  'objects.accessKeyFile=access',
  'objects.secretKeyFile=secret',
]

describe('lostBucketFaults', () => {
  it('refuses to disable files while the platform has a bucket', () => {
    expect(faultsOf(withBucket)).to.deep.equal([
      'The platform av_telemetry has a bucket with files (volume av-objects-0), but files.enabled is false, which would delete them. Set files.enabled to true. To delete the files: docker rm --force av-objects-0; docker volume rm av-objects-0',
    ])
  })

  it('refuses another S3 server while the platform has a bucket', () => {
    expect(faultsOf(withBucket, ...otherServer)).to.deep.equal([
      'The platform av_telemetry has a bucket with files (volume av-objects-0), but objects.endpoint names another server, which would delete them. Remove objects.endpoint. To delete the files: docker rm --force av-objects-0; docker volume rm av-objects-0',
    ])
  })

  it('accepts a platform that keeps its bucket, and one that never had one', () => {
    const others = ['kafka-0', 'postgres-0', 'old-objects-0']
    expect(faultsOf(withBucket, 'files.enabled=true')).to.deep.equal([])
    expect(faultsOf(others)).to.deep.equal([])
    expect(faultsOf(others, ...otherServer)).to.deep.equal([])
  })
})
