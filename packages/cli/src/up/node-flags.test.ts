import { readFileSync } from 'node:fs'
import { NODE_FLAGS } from '@skein/server'
import { expect, test } from 'vitest'

test('the command itself runs Node with the flags of a node', () => {
  const [first] = readFileSync(new URL('../../bin/skein.mjs', import.meta.url), 'utf8').split('\n')
  expect(first).toBe(`#!/usr/bin/env -S node ${NODE_FLAGS.join(' ')}`)
})
