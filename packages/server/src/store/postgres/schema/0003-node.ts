/**
 * Who is in the cluster: leases by the database's clock. What a restart forgets the nodes say again
 * within a second, so the leases are written without WAL; after a promotion the table is empty.
 */
export const NODE = /* sql */ `
create sequence skein.node_epoch;

create unlogged table skein.node (
  name text primary key,
  id text not null,
  epoch bigint not null,
  expires_at timestamptz not null,
  record json not null
) with (fillfactor = 50);

-- One row: a fingerprint of the secret that the nodes share.
create table skein.cluster (
  one boolean primary key default true check (one),
  fingerprint text not null,
  expires_at timestamptz not null
) with (fillfactor = 50);
`
