import type { Conversation } from '@skein/sdk'
import type { HistoryRecorder } from '../../history/recorder.ts'
import type { TracedClient } from '../../cluster-bed/clients/traced-client.ts'

/** Lets the guest of a group in and out, one change after the other. */
export class GuestDoor {
  readonly #owner: TracedClient
  readonly #group: Conversation
  readonly #guest: string
  readonly #recorder: HistoryRecorder
  #inside = false
  #swinging = false

  constructor(owner: TracedClient, group: Conversation, guest: string, recorder: HistoryRecorder) {
    this.#owner = owner
    this.#group = group
    this.#guest = guest
    this.#recorder = recorder
  }

  /** Does nothing while the change before is under way. */
  swing(): void {
    if (this.#swinging) return
    this.#swinging = true
    const user = this.#guest
    const message = this.#inside ? this.#group.removeMember(user) : this.#group.addMembers([user])
    const body = this.#inside
      ? { change: 'remove', user }
      : { change: 'add', members: [{ user, role: 'member' }] }
    const { name, client } = this.#owner
    this.#recorder.sent(name, client.user, this.#group.id, body, message)
    message.durable.then(
      () => {
        this.#inside = !this.#inside
        this.#swinging = false
      },
      () => (this.#swinging = false),
    )
  }
}
