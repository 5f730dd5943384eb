/**
 * The usual commit in one call: plain messages whose senders the node knows to be members. The node
 * has grouped the rows by conversation and numbered them within; the function locks the lane, confirms
 * by the version in each head that the membership is still the one the node knew, and numbers and
 * inserts. Whatever is unusual (SK001, or the unique key's objection) undoes all of it, and the node
 * takes the full path. VOLATILE: what follows the lock sees everything that was committed before it.
 */
export const COMMIT_MESSAGES = /* sql */ `
create function skein.commit_messages(
  p_lane smallint,
  p_origin smallint,
  -- per conversation
  p_apps text[],
  p_conversations text[],
  p_versions bigint[],
  p_after_hlcs bigint[],
  p_sizes integer[],
  -- per message
  p_groups integer[],
  p_indexes integer[],
  p_senders text[],
  p_client_ids uuid[],
  p_bodies text[]
) returns json language plpgsql volatile as $$
declare
  v_lane_offset bigint;
  v_at bigint;
  v_seqs bigint[];
  v_counts bigint[];
  v_hlcs bigint[];
begin
  update skein.lane set last_offset = last_offset + cardinality(p_bodies)
    where lane = p_lane
    returning last_offset - cardinality(p_bodies) into v_lane_offset;
  v_at := floor(extract(epoch from clock_timestamp()) * 1000);

  with moved as (
    update skein.head h
      set seq = h.seq + g.size, count = h.count + g.size, hlc = greatest(h.hlc, v_at * 1024) + g.size
      from unnest(p_apps, p_conversations, p_versions, p_after_hlcs, p_sizes)
        with ordinality as g (app, conversation, version, after_hlc, size, place)
      where h.app = g.app and h.conversation = g.conversation and h.origin = p_origin
        and h.version = g.version and g.after_hlc <= greatest(h.hlc, v_at * 1024)
      returning g.place, h.seq - g.size as seq, h.count - g.size as count, h.hlc - g.size as hlc
  )
  select array_agg(seq order by place), array_agg(count order by place), array_agg(hlc order by place)
    into v_seqs, v_counts, v_hlcs from moved;
  if coalesce(cardinality(v_seqs), 0) <> cardinality(p_apps) then
    raise exception 'a head or its membership has changed' using errcode = 'SK001';
  end if;

  insert into skein.event
      (origin, lane, seq, hlc, count, lane_offset, at, client_id, app, conversation, sender, kind, body)
    select p_origin, p_lane, v_seqs[m.g] + m.i, v_hlcs[m.g] + m.i, v_counts[m.g] + m.i, v_lane_offset + m.place, v_at,
      m.client_id, p_apps[m.g], p_conversations[m.g], m.sender, 'message', m.body
    from unnest(p_groups, p_indexes, p_senders, p_client_ids, p_bodies)
      with ordinality as m (g, i, sender, client_id, body, place);

  return json_build_object('at', v_at, 'laneOffset', v_lane_offset,
    'seqs', to_json(v_seqs), 'counts', to_json(v_counts), 'hlcs', to_json(v_hlcs));
end
$$;
`
