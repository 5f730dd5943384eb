import { expect, test } from 'vitest'
import { durationSeconds, hostAndPort, httpUrls, wholeNumber } from './arguments.ts'

test('durations have units, and nothing or nonsense is refused', () => {
  expect(['90', '90s', '15m', '12h', '7d'].map(durationSeconds)).toEqual([90, 90, 900, 43_200, 604_800])
  for (const text of ['', '0', '-1', '1w', 'soon', '1.5h'])
    expect(() => durationSeconds(text)).toThrow('such as')
})

test('whole numbers stay in their bounds', () => {
  const port = wholeNumber(0, 65_535)
  expect(port('65535')).toBe(65_535)
  for (const text of ['65536', '-1', '1e3', '', '1.0']) expect(() => port(text)).toThrow('whole number')
})

test('an address has a host and a port', () => {
  expect(hostAndPort('127.0.0.1:9100')).toEqual({ host: '127.0.0.1', port: 9_100 })
  expect(hostAndPort('[::1]:0')).toEqual({ host: '::1', port: 0 })
  expect(hostAndPort('localhost:65535')).toEqual({ host: 'localhost', port: 65_535 })
  for (const text of ['', '9100', ':9100', 'a:b', '::1:9100', 'a:65536', 'http://a:1'])
    expect(() => hostAndPort(text)).toThrow('such as')
})

test('several nodes are named with commas between them', () => {
  expect(httpUrls('http://a:1, http://b:2')).toEqual(['http://a:1', 'http://b:2'])
  for (const text of ['', 'http://a:1,', 'ws://a', 'a:7000'])
    expect(() => httpUrls(text)).toThrow('for example')
})
