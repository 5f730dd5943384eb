import { describe, expect, test } from 'vitest'
import { parseRedisAddress } from './redis-address.ts'

const plain = { tls: false, database: 0 }

describe('the address of Redis', () => {
  test.each([
    ['redis://localhost', { ...plain, servers: [{ host: 'localhost', port: 6379 }] }],
    ['redis://[::1]:7000/3', { ...plain, database: 3, servers: [{ host: '::1', port: 7000 }] }],
    [
      'rediss://:p%40ss:w@cache.example',
      { tls: true, database: 0, password: 'p@ss:w', servers: [{ host: 'cache.example', port: 6379 }] },
    ],
    [
      'redis+sentinel://ann:secret@s1,s2:26380/mymaster/2?sentinelPassword=other',
      {
        tls: false,
        database: 2,
        username: 'ann',
        password: 'secret',
        sentinelName: 'mymaster',
        sentinelPassword: 'other',
        servers: [
          { host: 's1', port: 26379 },
          { host: 's2', port: 26380 },
        ],
      },
    ],
  ])('%s', (text, address) => {
    expect(parseRedisAddress(text)).toEqual(address)
  })

  test.each([
    'localhost:6379',
    'http://localhost',
    'redis://',
    'redis://a,b',
    'redis://a:0',
    'redis://a:70000',
    'redis://a/name',
    'redis+sentinel://a:26379',
    'redis+sentinel://a/name/x',
    'redis://u:%zz@a',
  ])('%s is refused', (text) => {
    expect(() => parseRedisAddress(text)).toThrow(/cannot be read/)
  })

  test('a refusal does not show the password', () => {
    expect(() => parseRedisAddress('redis://u:hunter2@a:b:c')).toThrow(/^(?!.*hunter2)/)
  })
})
