import * as z from 'zod/mini'
import { Ack, Stable } from './frames/ack.ts'
import { Auth } from './frames/auth.ts'
import { Behind, Conversations, Reset } from './frames/conversations.ts'
import { Events } from './frames/events.ts'
import { Hello } from './frames/hello.ts'
import { History } from './frames/history.ts'
import { Members } from './frames/members.ts'
import { Migrate } from './frames/migrate.ts'
import { HistoryPage, MembersPage, SyncPage } from './frames/pages.ts'
import { Ping, Pong } from './frames/heartbeat.ts'
import { Read } from './frames/read.ts'
import { ErrorFrame, Refused } from './frames/refused.ts'
import { Resume } from './frames/resume.ts'
import { Resumed } from './frames/resumed.ts'
import { Send } from './frames/send.ts'
import { Sync } from './frames/sync.ts'
import { Typing } from './frames/typing.ts'
import { Renewed, Welcome } from './frames/welcome.ts'

/** Client → server. */
export const ClientFrame = z.discriminatedUnion('t', [
  Hello,
  Resume,
  Auth,
  Send,
  Sync,
  History,
  Members,
  Read,
  Typing,
  Ping,
])
export type ClientFrame = z.infer<typeof ClientFrame>

/** Server → client. */
export const ServerFrame = z.discriminatedUnion('t', [
  Welcome,
  Renewed,
  Resumed,
  Ack,
  Stable,
  Refused,
  ErrorFrame,
  Events,
  Conversations,
  Behind,
  Reset,
  SyncPage,
  HistoryPage,
  MembersPage,
  Typing,
  Pong,
  Migrate,
])
export type ServerFrame = z.infer<typeof ServerFrame>
