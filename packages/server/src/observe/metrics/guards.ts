import type { GuardStatus } from '../guards.ts'
import { stateSamples, type MetricDefinition, type NodeFacts, type Sample } from './definition.ts'

/** There are a few dozen by name; whatever else there may be one day, a scrape stays small. */
const MOST_GUARDS = 200

const BREAKER_STATES = ['closed', 'halfOpen', 'open'] as const
const OTHER_STATES = ['idle', 'acting'] as const

const ofEach =
  (
    read: (
      guard: GuardStatus,
      labels: { readonly guard: string; readonly kind: string },
    ) => readonly Sample[],
  ) =>
  ({ guards }: NodeFacts): readonly Sample[] =>
    guards.slice(0, MOST_GUARDS).flatMap((guard) => read(guard, { guard: guard.name, kind: guard.kind }))

const inUnit = (
  value: number | undefined,
  labels: Readonly<Record<string, string>>,
  unit = '',
): readonly Sample[] => (value === undefined ? [] : [{ value, labels: { ...labels, unit } }])

/** Whatever protects the node: breakers, bulkheads, limits, queues, admission. */
export const GUARD_METRICS: readonly MetricDefinition[] = [
  {
    type: 'gauge',
    name: 'skein_guard_state',
    help: '1 for the state that it is in: closed, halfOpen or open of a breaker, idle or acting of all else.',
    labels: ['guard', 'kind', 'state'],
    read: ofEach(({ kind, state }, labels) =>
      stateSamples<GuardStatus['state']>(kind === 'breaker' ? BREAKER_STATES : OTHER_STATES, state, labels),
    ),
  },
  {
    type: 'counter',
    name: 'skein_guard_refused_total',
    help: 'What it turned away.',
    labels: ['guard', 'kind'],
    read: ofEach(({ refused }, labels) => [{ value: refused, labels }]),
  },
  {
    type: 'gauge',
    name: 'skein_guard_used',
    help: 'How much of it is taken now, in its unit.',
    labels: ['guard', 'kind', 'unit'],
    read: ofEach(({ used, unit }, labels) => inUnit(used, labels, unit)),
  },
  {
    type: 'gauge',
    name: 'skein_guard_bound',
    help: 'How much of it there is at most, in its unit.',
    labels: ['guard', 'kind', 'unit'],
    read: ofEach(({ bound, unit }, labels) => inUnit(bound, labels, unit)),
  },
]
