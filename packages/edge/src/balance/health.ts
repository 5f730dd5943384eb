/**
 * How a node looks from here.
 * - `ready`: it wants new clients.
 * - `unready`: it answers that it wants none now.
 * - `away`: nobody answers.
 */
export type HealthState = 'ready' | 'unready' | 'away'

export interface Health {
  readonly state: HealthState
  /** Times in a row that nothing came back in time. */
  readonly silences: number
}

/**
 * What was seen of it, by a check or by a client's connection.
 * - `ready`, `unready`: it said so.
 * - `refused`: there is no process behind the address.
 * - `silent`: no answer in time.
 */
export type Observation = 'ready' | 'unready' | 'refused' | 'silent'

/** It listens, or it would not be known. */
export const NEW_HEALTH: Health = { state: 'ready', silences: 0 }

/** One silence may be a busy moment, here or there; a second one in a row is taken for a pause or a death. */
export const SILENCES_UNTIL_AWAY = 2

/** A clear word counts at once, for better or worse. */
export function judge(before: Health, seen: Observation): Health {
  switch (seen) {
    case 'ready':
    case 'unready':
      return { state: seen, silences: 0 }
    case 'refused':
      return { state: 'away', silences: before.silences }
    case 'silent': {
      const silences = before.silences + 1
      return { state: silences >= SILENCES_UNTIL_AWAY ? 'away' : before.state, silences }
    }
  }
}
