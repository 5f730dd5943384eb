import { setTimeout as sleep } from 'node:timers/promises'
import { answerParent } from '../processes/answer-parent.ts'
import { nowMs } from '../processes/shared-clock.ts'
import { DemandRun } from './demand-run.ts'
import { LightClient } from './light-client.ts'
import type { LoadAnswer, LoadCommand } from './load-plan.ts'
import { SendRun } from './send-run.ts'

/** Entry of a load process: many light connections, driven by commands from its parent. */

const clients: LightClient[] = []
let closedConnections = 0
let run: { received(data: Buffer, connection: number): void } | undefined
let serials = 0

const complain = (what: string, error: unknown): void =>
  void process.stderr.write(`load: ${what}: ${error instanceof Error ? error.message : String(error)}\n`)

async function connect(command: Extract<LoadCommand, { do: 'connect' }>): Promise<LoadAnswer> {
  let failed = 0
  const waiting = [...command.tokens.entries()]
  const base = clients.length
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, token] = next
      try {
        clients[base + index] = await LightClient.connect({
          url: command.url,
          token,
          onMessages: (data) => run?.received(data, base + index),
          onClosed: () => closedConnections++,
        })
      } catch (error) {
        failed++
        if (failed <= 3) complain('a connection failed', error)
      }
    }
  }
  await Promise.all(Array.from({ length: command.atOnce }, lane))
  keepAlive(command.heartbeatMs)
  return { done: 'connect', connected: command.tokens.length - failed, failed }
}

/** Pings spread over the heartbeat, so that they come as a trickle and not as a wave. */
function keepAlive(heartbeatMs: number): void {
  const tickMs = 100
  let at = 0
  setInterval(() => {
    const share = Math.ceil((clients.length * tickMs * 1.25) / heartbeatMs)
    for (let i = 0; i < share && clients.length > 0; i++) clients[at++ % clients.length]?.ping()
  }, tickMs).unref()
}

const ports = {
  send: (connection: number, text: string): void => clients[connection]?.send(text),
  nowMs,
  sleep,
}

async function execute(command: LoadCommand): Promise<LoadAnswer> {
  switch (command.do) {
    case 'connect':
      return connect(command)
    case 'send': {
      const sends = new SendRun(command, ports)
      run = sends
      const result = await sends.run(() => closedConnections)
      run = undefined
      return { done: 'send', result }
    }
    case 'demand': {
      const demand = new DemandRun(command, { ...ports, nextSerial: () => serials++ })
      run = demand
      const result = await demand.run(() => closedConnections)
      run = undefined
      return { done: 'demand', result }
    }
  }
}

answerParent(execute)
