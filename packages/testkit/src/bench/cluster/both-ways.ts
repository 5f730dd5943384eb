import type { Measurement } from '../bench.ts'
import { MUST_BE_ZERO, type Way } from './stand.ts'

type Numbers = Readonly<Record<string, number>>

/**
 * Measures behind the proxy and with direct endpoints. The figures of each have its name in front
 * (`proxy.lost`); those without are of the worse one, with what must be zero summed over both.
 */
export async function bothWays(
  measure: (way: Way) => Promise<Measurement>,
  worseOf: (one: Numbers, other: Numbers) => Numbers,
): Promise<Measurement> {
  const proxy = await measure('proxy')
  const direct = await measure('direct')
  const zeros = MUST_BE_ZERO.map(
    (name) => [name, (proxy.figures[name] ?? 0) + (direct.figures[name] ?? 0)] as const,
  )
  const figures = {
    ...worseOf(proxy.figures, direct.figures),
    ...Object.fromEntries(zeros),
    ...named('proxy', proxy.figures),
    ...named('direct', direct.figures),
  }
  return { figures, ok: proxy.ok && direct.ok }
}

/** By what is asked of them. */
export const worse =
  (badness: (figures: Numbers) => number) =>
  (one: Numbers, other: Numbers): Numbers =>
    badness(one) >= badness(other) ? one : other

const named = (way: Way, figures: Numbers): Numbers =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${way}.${name}`, value]))
