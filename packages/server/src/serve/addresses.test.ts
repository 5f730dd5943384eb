import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { localUrl, reachableAt } from './addresses.ts'

test('an address is shown so that it can be opened on this machine', () => {
  expect(localUrl({ address: '0.0.0.0', family: 'IPv4', port: 80 })).toBe('http://127.0.0.1:80')
  expect(localUrl({ address: '::1', family: 'IPv6', port: 80 })).toBe('http://[::1]:80')
})

test('others reach a node where it says, else where it listens, else by the name of its host', () => {
  const at = 'http://127.0.0.1:7777'
  const plain = { address: at, internalAddress: at }
  expect(reachableAt({ host: '127.0.0.1' }, at)).toEqual(plain)
  const named = `http://${hostname()}:7777`
  expect(reachableAt({ host: '0.0.0.0' }, at)).toEqual({ address: named, internalAddress: named })
  const urls = { peerUrl: 'http://10.0.0.1:80/', clientUrl: 'wss://one.example' }
  expect(reachableAt({ host: '0.0.0.0', ...urls }, at)).toEqual({
    address: 'wss://one.example/v1/connect',
    internalAddress: 'http://10.0.0.1:80',
  })
})
