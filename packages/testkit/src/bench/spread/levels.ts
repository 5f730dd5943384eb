import { DEFAULT_BALANCER, endpointOf, localityLevels, type Endpoint } from '@skein/resilience'

/** So many nodes in the client's own zone, as many in the zone beside it. */
const PER_ZONE = 4
const HOME = { zone: 'a', region: 'eu' }

const OVERPROVISIONING = [1, 1.4, 2] as const
const SICK_AT_HOME = [0, 1, 2, 3, 4] as const
const SICK_EVERYWHERE = [2, 4, 5, 6, 7] as const

/** Which part stays in the own zone when so many of its four nodes are sick; the other zone is well. */
export interface LocalityFigures {
  readonly overprovisioning: number
  readonly keptBySick: readonly { readonly sick: number; readonly kept: number }[]
}

/** What the healthy ones of eight carry, relative to when all are well, and what goes to sick ones. */
export interface PanicFigures {
  readonly sick: number
  readonly loadWithoutPanic: number
  readonly loadWithPanic: number
  readonly toSickWithPanic: number
}

const zoneOf = (zone: string, sick: number, count: number): Endpoint[] =>
  Array.from({ length: count }, (_, i) =>
    endpointOf({ id: `${zone}${i}`, zone, region: HOME.region, state: i < sick ? 'ejected' : 'healthy' }),
  )

export const localityFigures = (): LocalityFigures[] =>
  OVERPROVISIONING.map((overprovisioning) => ({
    overprovisioning,
    keptBySick: SICK_AT_HOME.map((sick) => {
      const all = [...zoneOf('a', sick, PER_ZONE), ...zoneOf('b', 0, PER_ZONE)]
      const levels = localityLevels(all, 0, { ...DEFAULT_BALANCER, home: HOME, overprovisioning })
      return { sick, kept: levels.find(({ distance }) => distance === 'zone')?.share ?? 0 }
    }),
  }))

export const panicFigures = (): PanicFigures[] =>
  SICK_EVERYWHERE.map((sick) => {
    const all = zoneOf('a', sick, 2 * PER_ZONE)
    const used = (panicBelow: number): readonly Endpoint[] =>
      localityLevels(all, 0, { ...DEFAULT_BALANCER, panicBelow })[0]?.candidates ?? []
    const calm = used(0)
    const panicking = used(DEFAULT_BALANCER.panicBelow)
    return {
      sick,
      loadWithoutPanic: all.length / calm.length,
      loadWithPanic: all.length / panicking.length,
      toSickWithPanic: panicking.filter(({ state }) => state === 'ejected').length / panicking.length,
    }
  })
