/** The log, its numbering, memberships and state records. Text that is compared or sorted is so by bytes ("C"). */
export const LOG = /* sql */ `
create table skein.meta (
  only_row boolean primary key default true check (only_row),
  lanes smallint not null check (lanes between 1 and 256),
  initialised_at timestamptz not null default now()
);

-- One per incarnation of this database; positions name them. Events hold only the number.
create table skein.origin (
  id smallint generated always as identity primary key,
  region text collate "C" not null,
  name text collate "C" not null unique,
  system_identifier text not null,
  timeline text not null,
  begun_at timestamptz not null default now()
);

create table skein.lane (
  lane smallint primary key,
  last_offset bigint not null default 0
) with (fillfactor = 10);

create table skein.conversation (
  app text collate "C" not null,
  conversation text collate "C" not null,
  type text collate "C" not null check (type in ('direct', 'group')),
  title text,
  -- Of a direct conversation: its two users.
  one text collate "C",
  other text collate "C",
  members integer not null,
  owners integer not null,
  created_at bigint not null,
  primary key (app, conversation)
);

-- Per origin the newest position of a conversation or a user log. The row of the current origin also
-- carries what a commit needs under the lock: the newest hlc, and the version of the membership.
create table skein.head (
  app text collate "C" not null,
  conversation text collate "C" not null,
  origin smallint not null,
  seq bigint not null,
  count bigint not null,
  hlc bigint not null,
  version bigint not null,
  primary key (app, conversation, origin)
) with (fillfactor = 50);

create table skein.event (
  origin smallint not null,
  lane smallint not null,
  seq bigint not null,
  hlc bigint not null,
  count bigint not null,
  lane_offset bigint not null,
  at bigint not null,
  client_id uuid not null,
  app text collate "C" not null,
  conversation text collate "C" not null,
  sender text collate "C" not null,
  kind text collate "C" not null,
  body text collate "C" not null,
  primary key (app, conversation, origin, seq)
);
create unique index event_idempotency on skein.event (app, conversation, sender, client_id);
create unique index event_lane on skein.event (lane, lane_offset);
create index event_timeline on skein.event (app, conversation, hlc);

create table skein.member (
  app text collate "C" not null,
  conversation text collate "C" not null,
  user_id text collate "C" not null,
  role text collate "C" not null check (role in ('owner', 'admin', 'member')),
  primary key (app, conversation, user_id)
);
create index member_user on skein.member (app, user_id);

-- What a member sees: after sees_from, up to and including sees_until. Cursors: {"region.incarnation": seq}.
create table skein.visibility (
  app text collate "C" not null,
  conversation text collate "C" not null,
  user_id text collate "C" not null,
  opened_hlc bigint not null,
  sees_from jsonb not null,
  sees_until jsonb,
  primary key (app, conversation, user_id, opened_hlc)
);

create table skein.read_mark (
  app text collate "C" not null,
  user_id text collate "C" not null,
  conversation text collate "C" not null,
  marks jsonb not null,
  primary key (app, user_id, conversation)
) with (fillfactor = 70);

create table skein.account (
  app text collate "C" not null,
  user_id text collate "C" not null,
  sessions_valid_after bigint not null,
  primary key (app, user_id)
);

create table skein.state (
  app text collate "C" not null,
  kind text collate "C" not null,
  owner text collate "C" not null,
  key text collate "C" not null,
  value text not null,
  hlc bigint not null,
  region text collate "C" not null,
  primary key (app, kind, key, owner)
);

create table skein.idempotent_answer (
  app text collate "C" not null,
  key text collate "C" not null,
  request_hash text collate "C" not null,
  status integer,
  body text,
  begun_at timestamptz not null default now(),
  primary key (app, key)
);
create index idempotent_answer_age on skein.idempotent_answer (begun_at);
`
