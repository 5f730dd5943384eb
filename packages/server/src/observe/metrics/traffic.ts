import type { NodeCounters } from '../../node/counters.ts'
import { counter, gauge, seconds, type MetricDefinition } from './definition.ts'

const counted = (key: keyof NodeCounters, name: string, help: string): MetricDefinition =>
  counter(name, help, ({ stats }) => stats.counters[key])

/** The type demands that no counter of the node is forgotten. */
const COUNTERS = {
  accepted: counted('accepted', 'skein_sessions_accepted_total', 'Sessions that were welcomed.'),
  turnedAway: counted(
    'turnedAway',
    'skein_sessions_turned_away_total',
    'Clients that were told to come later, as more came than acceptPerSecond lets in.',
  ),
  migrations: counted('migrations', 'skein_migrations_total', 'Times that a session was asked to migrate.'),
  sends: counted('sends', 'skein_sends_total', 'Sends that clients made, whatever became of them.'),
  duplicates: counted(
    'duplicates',
    'skein_sends_duplicate_total',
    'Sends that had been committed before: retries whose answer was lost.',
  ),
  refused: counted('refused', 'skein_sends_refused_total', 'Sends that were refused, for any reason.'),
  resumes: counted('resumes', 'skein_resumes_total', 'Sessions that went on from a cursor.'),
  syncs: counted('syncs', 'skein_syncs_total', 'Reads of the log that clients asked for.'),
  slowConsumers: counted(
    'slowConsumers',
    'skein_slow_consumers_total',
    'Times that a session was switched to catch-up, as it did not take what it was sent.',
  ),
  badFrames: counted('badFrames', 'skein_bad_frames_total', 'Frames of clients that could not be read.'),
} satisfies Record<keyof NodeCounters, MetricDefinition>

/** What clients do on this node. */
export const TRAFFIC_METRICS: readonly MetricDefinition[] = [
  gauge('skein_sessions', 'Connections now, those that have not said hello included.', ({ stats }) => {
    return stats.sessions
  }),
  gauge('skein_sessions_leaving', 'Clients that were asked to migrate and have not gone yet.', ({ own }) => {
    return own?.leaving
  }),
  gauge('skein_live_conversations', 'Conversations that sessions of this node follow.', ({ stats }) => {
    return stats.liveConversations
  }),
  ...Object.values(COUNTERS),
  counter('skein_deliveries_total', 'Events that were handed to sessions.', ({ stats }) => stats.deliveries),
  counter('skein_repairs_total', 'Gaps that were filled from the log, as a hint was lost.', ({ stats }) => {
    return stats.repairs
  }),
  gauge('skein_commit_waiting_entries', 'Sends that wait for their commit.', ({ stats }) => {
    return stats.waitingEntries
  }),
  gauge('skein_commit_waiting_bytes', 'Bytes of the sends that wait for their commit.', ({ stats }) => {
    return stats.waitingBytes
  }),
  gauge('skein_tail_following', "1 while the log's tail is read as it should be.", ({ stats }) => {
    return stats.tail === 'following'
  }),
  gauge('skein_tail_age_seconds', "Age of the last complete read of the log's tail.", ({ stats }) => {
    return seconds(stats.tailAgeMs)
  }),
]
