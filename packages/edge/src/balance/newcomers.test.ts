import { expect, test } from 'vitest'
import { Newcomers } from './newcomers.ts'

test('whoever is there at the beginning is warm; who comes back or comes late is new', () => {
  const newcomers = new Newcomers(1_000, 10_000)
  expect(newcomers.arrived('a', 1_000)).toBe(false)
  expect(newcomers.arrived('b', 11_000)).toBe(false)
  expect(newcomers.arrived('a', 11_000)).toBe(true)
  expect(newcomers.arrived('c', 11_001)).toBe(true)
})

test('after the beginning no name is kept, however many come under new ones', () => {
  const newcomers = new Newcomers(0, 10_000)
  for (let start = 0; start < 100; start++) newcomers.arrived(`pod-${start}`, start)
  for (let start = 100; start < 1_000; start++) newcomers.arrived(`pod-${start}`, 10_000 + start)
  expect(newcomers.remembered).toBe(0)
})
