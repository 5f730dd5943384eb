import type { DispatchEndpoint } from '@skein/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { knownPlace, NOWHERE, ranked } from './rank.ts'

const endpoint = (id: string, region: string, zone: string, weight: number): DispatchEndpoint => ({
  id,
  url: `wss://${id}`,
  zone,
  region,
  weight,
})

const ALL = [
  endpoint('us-a', 'us', 'a', 9),
  endpoint('eu-a', 'eu', 'a', 1),
  endpoint('eu-b', 'eu', 'b', 5),
  endpoint('eu-b2', 'eu', 'b', 7),
]

const order = (region: string, zone: string) =>
  ranked(ALL, knownPlace(ALL, { region, zone })).map(({ id }) => id)

test('DSP7 the near stand first, and among them the heaviest', () => {
  expect(order('eu', 'a')).toEqual(['eu-a', 'eu-b2', 'eu-b', 'us-a'])
  expect(order('eu', '')).toEqual(['eu-b2', 'eu-b', 'eu-a', 'us-a'])
  expect(order('us', 'b')).toEqual(['us-a', 'eu-b2', 'eu-b', 'eu-a'])
})

test('DSP7 who does not say where it is gets the heaviest first', () => {
  expect(order('', '')).toEqual(['us-a', 'eu-b2', 'eu-b', 'eu-a'])
})

test('DSP7 a zone without a region is that zone of any region', () => {
  expect(order('', 'a')).toEqual(['us-a', 'eu-a', 'eu-b2', 'eu-b'])
})

test('DSP7 a zone of a region that nobody is in is nowhere: another region has one of that name', () => {
  expect(knownPlace(ALL, { region: 'ap', zone: 'a' })).toEqual(NOWHERE)
  expect(knownPlace(ALL, { region: 'us', zone: 'b' })).toEqual({ region: 'us', zone: '' })
})

test('the order is one of the same endpoints, whatever order they came in', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(ALL),
      fc.constantFrom('eu', 'us', ''),
      fc.constantFrom('a', 'b', ''),
      (all, region, zone) => {
        const once = ranked(all, { region, zone })
        expect(new Set(once)).toEqual(new Set(all))
        expect(ranked(all.toReversed(), { region, zone })).toEqual(once)
      },
    ),
  )
})
