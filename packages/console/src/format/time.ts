const DAY_MS = 24 * 3_600_000

/** A local calendar day as a sortable number. */
export function dayOf(atMs: number): number {
  const date = new Date(atMs)
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS
}

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' })
const shortWeekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const longDate = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const fullDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' })

export const timeText = (atMs: number): string => clock.format(atMs)

/** For a list: the time today, then the weekday, then the date. */
export function ageText(atMs: number, nowMs: number): string {
  const days = dayOf(nowMs) - dayOf(atMs)
  if (days <= 0) return clock.format(atMs)
  if (days === 1) return 'Yesterday'
  return days < 7 ? shortWeekday.format(atMs) : shortDate.format(atMs)
}

/** For a separator between days. */
export function dayText(atMs: number, nowMs: number): string {
  const days = dayOf(nowMs) - dayOf(atMs)
  if (days <= 0) return 'Today'
  if (days === 1) return 'Yesterday'
  if (days < 7) return weekday.format(atMs)
  return days < 300 ? longDate.format(atMs) : fullDate.format(atMs)
}
