import { LIMITS } from '@skein/protocol'
import type { NodeLimits } from '../node/limits.ts'
import type { FramePace } from './frame-pacer.ts'
import type { SessionBounds } from './state.ts'

/** Frames that may wait behind a hello: a resume and a first burst of sends. */
const WAITING_FRAMES = 300

/** What a node's limits mean for each of its sessions. */
export const sessionRules = (limits: NodeLimits): { framePace: FramePace; bounds: SessionBounds } => ({
  framePace: {
    limit: { perSecond: limits.framesPerSecond, burst: limits.framesBurst },
    patienceMs: limits.tooFastPatienceMs,
  },
  bounds: {
    handshakeMs: LIMITS.handshakeMs,
    heartbeatMs: limits.heartbeatMs,
    waitingFrames: WAITING_FRAMES,
  },
})
