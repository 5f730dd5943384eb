import type { DemandPlan, DemandResult } from './demand-plan.ts'
import { Histogram } from './histogram.ts'
import { measuredWindow } from './measured-window.ts'
import { eachAck, refusalFrom } from './scan.ts'
import type { SendPorts } from './send-run.ts'
import { PatientOutbox, RudeOutbox, type Outgoing, type UserOutbox, type Wish } from './user-outbox.ts'

const TICK_MS = 2
/** Users who wait for their moment are looked for in steps of this. */
const WAKE_MS = 10
const DRAIN_LOOK_MS = 50
const SERIAL_AT = 24

interface DemandPorts extends SendPorts {
  /** Never the same twice in this process. */
  nextSerial(): number
}

/** One user: where his messages go, and the outbox that they go through. */
interface User {
  readonly connection: number
  readonly conversation: string
  readonly outbox: UserOutbox
}

type Counts = Record<'wanted' | 'heldBack' | 'sent' | 'refused' | 'acked' | 'good', number>

/** One measurement: users want to send at the plan's pace; counts what comes of it. */
export class DemandRun {
  readonly #plan: DemandPlan
  readonly #ports: DemandPorts
  readonly #users: readonly User[]
  readonly #byConnection = new Map<number, User>()
  readonly #padding: string
  readonly #counts: Counts = { wanted: 0, heldBack: 0, sent: 0, refused: 0, acked: 0, good: 0 }
  readonly #admittedLatency = new Histogram()
  readonly #wantedLatency = new Histogram()
  readonly #generatorLag = new Histogram()
  readonly #ackedSerials: number[] = []
  /** Who may send again in which step of time. */
  readonly #wakes = new Map<number, User[]>()
  #wokenUpTo = 0
  #measuring = false
  #isOver = false
  #nextUser = 0

  constructor(plan: DemandPlan, ports: DemandPorts) {
    this.#plan = plan
    this.#ports = ports
    this.#padding = 'x'.repeat(Math.max(0, plan.bodyBytes - 40))
    const outbox = (): UserOutbox => (plan.manners === 'rude' ? new RudeOutbox() : new PatientOutbox())
    this.#users = plan.users.map((user) => ({ ...user, outbox: outbox() }))
    for (const user of this.#users) this.#byConnection.set(user.connection, user)
  }

  async run(closedConnections: () => number): Promise<DemandResult> {
    const wanting = this.#want()
    const measuredMs = await measuredWindow(this.#plan, this.#ports, (now) => (this.#measuring = now))
    this.#isOver = true
    await wanting
    const unanswered = await this.#drain()
    return {
      ...this.#counts,
      measuredMs,
      admittedLatency: this.#admittedLatency.toJSON(),
      wantedLatency: this.#wantedLatency.toJSON(),
      generatorLag: this.#generatorLag.toJSON(),
      ackedSerials: this.#ackedSerials,
      unanswered,
      closedConnections: closedConnections(),
    }
  }

  /** Messages from the server on one connection. */
  received(data: Buffer, connection: number): void {
    const user = this.#byConnection.get(connection)
    if (user === undefined) return
    eachAck(data, (clientId) => this.#acked(user, clientId))
    const nowMs = this.#ports.nowMs()
    let isRefused = false
    for (let found = refusalFrom(data, 0); found !== undefined; found = refusalFrom(data, found.end)) {
      if (this.#measuring) this.#counts.refused++
      isRefused = user.outbox.refused(serialOf(found.clientId), found, nowMs) || isRefused
    }
    if (isRefused) this.#wakeLater(user)
    this.#send(user)
  }

  #wakeLater(user: User): void {
    const { blockedUntilMs } = user.outbox
    if (blockedUntilMs === undefined) return
    const step = Math.max(this.#wokenUpTo, Math.ceil(blockedUntilMs / WAKE_MS)) + 1
    const others = this.#wakes.get(step)
    if (others === undefined) this.#wakes.set(step, [user])
    else others.push(user)
  }

  #wake(nowMs: number): void {
    for (const lastStep = Math.floor(nowMs / WAKE_MS); this.#wokenUpTo < lastStep;) {
      this.#wokenUpTo++
      for (const user of this.#wakes.get(this.#wokenUpTo) ?? []) this.#send(user)
      this.#wakes.delete(this.#wokenUpTo)
    }
  }

  #acked(user: User, clientId: string): void {
    const serial = serialOf(clientId)
    const wish = user.outbox.acked(serial)
    if (wish === undefined) return
    this.#ackedSerials.push(serial)
    const nowMs = this.#ports.nowMs()
    if (this.#measuring) {
      const sinceWantedMs = nowMs - wish.wantedAtMs
      this.#counts.acked++
      if (sinceWantedMs <= this.#plan.patienceMs) this.#counts.good++
      this.#admittedLatency.record(nowMs - wish.sentAtMs)
      this.#wantedLatency.record(sinceWantedMs)
    }
    if (this.#plan.pace.loop === 'closed' && !this.#isOver) this.#wantOne(user, nowMs)
  }

  async #want(): Promise<void> {
    const { pace } = this.#plan
    const startMs = this.#ports.nowMs()
    this.#wokenUpTo = Math.floor(startMs / WAKE_MS)
    if (pace.loop === 'closed')
      for (const user of this.#users) {
        for (let count = 0; count < pace.perUser; count++) this.#wantOne(user, startMs)
        this.#send(user)
      }
    let due = 0
    let expectedMs = startMs
    while (!this.#isOver) {
      const nowMs = this.#ports.nowMs()
      if (this.#measuring) this.#generatorLag.record(Math.max(0, nowMs - expectedMs))
      if (pace.loop === 'open') {
        const target = ((nowMs - startMs) * pace.perSecond) / 1_000
        // As of when it was due: a stall of the generator must not hide a stall of the server.
        for (; due < target; due++) {
          const user = this.#userInTurn()
          this.#wantOne(user, startMs + (due * 1_000) / pace.perSecond)
          this.#send(user)
        }
      }
      this.#wake(nowMs)
      expectedMs = this.#ports.nowMs() + TICK_MS
      await this.#ports.sleep(TICK_MS)
    }
  }

  #userInTurn(): User {
    const user = this.#users[this.#nextUser++ % this.#users.length]
    if (user === undefined) throw new Error('a demand needs at least one user')
    return user
  }

  #wantOne({ outbox }: User, wantedAtMs: number): void {
    const serial = this.#ports.nextSerial()
    const wish: Wish = { serial, clientId: clientIdOf(wantedAtMs, serial), wantedAtMs, sentAtMs: 0 }
    const isTaken = outbox.want(wish)
    if (!this.#measuring) return
    this.#counts.wanted++
    if (!isTaken) this.#counts.heldBack++
  }

  #send(user: User): void {
    const outgoing = user.outbox.take(this.#ports.nowMs())
    if (outgoing.length === 0) return
    if (this.#measuring) this.#counts.sent += outgoing.length
    const frames = outgoing.map((one) => this.#frame(user, one))
    this.#ports.send(user.connection, frames.length === 1 ? (frames[0] ?? '') : `[${frames.join(',')}]`)
  }

  #frame({ conversation }: User, { wish, after }: Outgoing): string {
    const behind = after === undefined ? '' : `,"after":"${after.clientId}"`
    return (
      `{"t":"send","conversation":"${conversation}","clientId":"${wish.clientId}","kind":"message"${behind},` +
      `"body":{"text":"${this.#padding}"}}`
    )
  }

  /** Answers how many are without an answer still. */
  async #drain(): Promise<number> {
    for (const { outbox } of this.#users) outbox.giveUp()
    const untilMs = this.#ports.nowMs() + this.#plan.drainMs
    for (;;) {
      const underWay = this.#users.reduce((sum, { outbox }) => sum + outbox.underWay, 0)
      if (underWay === 0 || this.#ports.nowMs() >= untilMs) return underWay
      await this.#ports.sleep(DRAIN_LOOK_MS)
    }
  }
}

/** A UUIDv7 whose random part is the serial number. */
function clientIdOf(atMs: number, serial: number): string {
  const time = Math.floor(atMs).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${serial.toString(16).padStart(12, '0')}`
}

const serialOf = (clientId: string): number => parseInt(clientId.slice(SERIAL_AT), 16)
