/** What one check found. `note`: fine as it is, but worth knowing. */
export interface Finding {
  readonly subject: string
  readonly verdict: 'good' | 'note' | 'bad'
  readonly text: string
  /** What to do about it. */
  readonly remedy?: string
}

export const good = (subject: string, text: string): Finding => ({ subject, verdict: 'good', text })
export const note = (subject: string, text: string, remedy: string): Finding => ({
  subject,
  verdict: 'note',
  text,
  remedy,
})
export const bad = (subject: string, text: string, remedy: string): Finding => ({
  subject,
  verdict: 'bad',
  text,
  remedy,
})
