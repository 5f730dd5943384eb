import { EJECTION_WORDS, type EdgeEvent } from '@skein/edge'

/** What happened behind an edge, in a line for whoever runs it. */
export function eventLine(event: EdgeEvent): string {
  switch (event.kind) {
    case 'joined':
      return `${event.name} joined.`
    case 'left':
      return `${event.name} left.`
    case 'health':
      return `${event.name} ${HEALTH[event.state]}.`
    case 'ejected': {
      const seconds = Math.round((event.untilMs - event.atMs) / 1_000)
      return `${event.id} is taken out for ${seconds} s: ${EJECTION_WORDS[event.reason]}.`
    }
    case 'spared':
      return `${event.id} should be taken out (${EJECTION_WORDS[event.reason]}), but too many are.`
    case 'probing':
      return `${event.id} is tried with one connection.`
    case 'returned':
      return `${event.id} is back.`
    case 'clusterSilent':
      return `Nobody tells who is in the cluster: ${whyText(event.why)}. What is known is kept.`
    case 'clusterBack':
      return 'The cluster tells again who is in it.'
  }
}

/** On one machine the supervisor tells of starts and deaths itself. */
export const isWorthALine = ({ kind }: EdgeEvent): boolean =>
  kind === 'ejected' || kind === 'spared' || kind === 'returned'

const HEALTH = {
  ready: 'takes new clients',
  unready: 'wants no new clients now',
  away: 'does not answer',
} as const satisfies Record<Extract<EdgeEvent, { kind: 'health' }>['state'], string>

function whyText(why: unknown): string {
  if (!(why instanceof Error)) return 'no answer'
  return why.cause instanceof Error && why.cause.message !== '' ? why.cause.message : why.message
}
