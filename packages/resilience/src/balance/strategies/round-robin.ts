import { randomInt } from '@skein/core'
import { isPresent } from '../endpoint.ts'
import type { Strategy } from '../strategy.ts'

/**
 * One after the other in the order of their ids, whatever their weight. It goes on after the id that was
 * last, not after a place in the list, so that who comes or goes does not make others wait. It begins at
 * random: many pickers that start together do not all begin with the same.
 */
export function roundRobin(): Strategy {
  let last: string | undefined
  return {
    pick(candidates, { random }) {
      const present = candidates.filter(isPresent).sort((a, b) => (a.id < b.id ? -1 : 1))
      const after = last
      const picked =
        after === undefined
          ? present[randomInt(random, present.length)]
          : (present.find(({ id }) => id > after) ?? present[0])
      last = picked?.id ?? last
      return picked
    },
  }
}
