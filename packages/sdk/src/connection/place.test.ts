import { describe, expect, test } from 'vitest'
import { targetOf, urlOf } from './place.ts'

const urls = ['wss://a/v1/connect', 'wss://b/v1/connect?app=x']
const migrate = (fields: { url?: string; node?: string }) =>
  ({ t: 'migrate', withinMs: 1_000, reason: 'draining', ...fields }) as const

describe('MIG1 where a migration leads', () => {
  test('a node is a query parameter of the own URL, for proxies', () => {
    const place = { endpoint: urls[0], url: undefined, node: 'n 2' }
    expect(urlOf(place)).toBe('wss://a/v1/connect?node=n%202')
    expect(urlOf({ ...place, endpoint: urls[1] })).toBe('wss://b/v1/connect?app=x&node=n%202')
  })

  test('a URL is one of the own, or as it was told', () => {
    expect(targetOf(migrate({ url: 'wss://a/v1/connect' }), urls, 'wss://b')).toMatchObject({
      endpoint: 'wss://a/v1/connect',
      url: undefined,
    })
    const told = targetOf(migrate({ url: 'wss://c/v1/connect', node: 'n3' }), urls, 'wss://a')
    expect(urlOf(told)).toBe('wss://c/v1/connect')
  })

  test('MIG9 an encrypted connection does not move to one that is not', () => {
    expect(targetOf(migrate({ url: 'ws://c', node: 'n3' }), urls, 'wss://a')).toEqual({
      endpoint: undefined,
      url: undefined,
      node: 'n3',
    })
    expect(targetOf(migrate({ url: 'ws://c' }), urls, 'ws://a')).toMatchObject({ url: 'ws://c' })
  })
})
