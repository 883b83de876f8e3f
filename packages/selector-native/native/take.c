/*
 * One take: a look at the kernel, then each slot with work gets its turn, and what happened stands in the event ring.
 *
 * Slots wait in one first-in first-out list whatever made them ready, and each does a bounded piece of work and goes to
 * the end again, so one busy connection holds up nobody. The take ends when every slot that was in the list at the start
 * had its turn, or when the ring or the slab is nearly full. A short list is taken in two halves: what the first
 * answers is on its way, and its peers are at work, while the second is served (measured with 10 connections: 7 % more).
 */
#define LN_LAYER LN_LAYER_ENGINE

#include <string.h>

#include "engine.h"

/* The most events that one turn of a slot may write: accepting is bounded, everything else writes up to three. */
#define ROOM (LN_ACCEPTS + 1)

_Static_assert(sizeof(union ln_address) == LN_PEER, "JavaScript keeps so many bytes of an address");

/*
 * The last event of a socket; what JavaScript queued for it until then finds no slot any more. The addresses of both ends go
 * with it, unformatted: most programs never ask for them, those that log a broken connection ask afterwards.
 */
static void emit_closed(struct ln_engine *engine, struct ln_slot *slot) {
  if (slot->tls != NULL) ln_tls_emit_failure(engine, slot);
  char *ends = engine->slab + engine->slab_used;
  memcpy(ends, &slot->peer, LN_PEER);
  memcpy(ends + LN_PEER, &slot->local, LN_PEER);
  ln_emit(engine, slot, LN_CLOSED, slot->error, (int32_t)engine->slab_used | slot->failed_call);
  engine->slab_used += (2 * LN_PEER + 7) & ~(size_t)7;
  ln_tls_end_session(slot);
  ln_slot_free(engine, slot);
}

static void emit_ready(struct ln_engine *engine, struct ln_slot *slot) {
  /* A hang-up or failure wakes whoever waits, in either direction, as asyncio's selectors do. */
  unsigned ready = slot->ready & LN_HANGUP ? LN_READABLE | LN_WRITABLE : slot->ready;
  slot->ready = 0;
  ready &= slot->interest;
  if (!engine->poller->edge && ready != 0) ready = ln_os_confirm(slot->fd, ready);
  if (ready != 0) ln_emit(engine, slot, LN_READY, (int32_t)ready, 0);
}

static void serve_connection(struct ln_engine *engine, struct ln_slot *slot) {
  if (slot->flags & LN_CONNECTING) {
    ln_connect_ready(engine, slot);
    return;
  }
  /* A failed descriptor shows in the next send as in the next receive; whoever is not reading must try to send. */
  if (slot->ready & (LN_WRITABLE | LN_HANGUP)) {
    slot->ready &= (uint8_t)~LN_WRITABLE;
    if (ln_unsent_size(&slot->unsent) > 0 || slot->flags & LN_FILE) ln_send_unsent(engine, slot);
    if (slot->flags & LN_DEAD) return;
  }
  if (!(slot->ready & (LN_READABLE | LN_HANGUP))) return;
  if (slot->tls != NULL) ln_tls_receive(engine, slot);
  else ln_receive(engine, slot);
}

static void serve(struct ln_engine *engine, struct ln_slot *slot) {
  if (slot->flags & LN_DEAD) {
    emit_closed(engine, slot);
    return;
  }
  switch (slot->kind) {
    case LN_DESCRIPTOR: emit_ready(engine, slot); break;
    case LN_LISTENER: ln_accept_ready(engine, slot); break;
    case LN_CONNECTION: serve_connection(engine, slot); break;
    case LN_DATAGRAM_SOCKET: ln_datagram_ready(engine, slot); break;
    default: ln_slot_free(engine, slot); break; /* Closed while it waited here. */
  }
}

static bool has_room(const struct ln_engine *engine) {
  return engine->event_count + ROOM <= LN_EVENTS && engine->slab_used + LN_ADDRESS + LN_READ_MAX <= LN_SLAB;
}

/* How many slots have their turn in this take. */
static int32_t turns_of(const struct ln_engine *engine) {
  int32_t waiting = engine->work_count;
  return waiting > LN_HALVED_MIN && waiting <= LN_HALVED_MAX ? (waiting + 1) / 2 : waiting;
}

int32_t ln_take(struct ln_engine *engine) {
  ln_flush(engine);
  engine->event_count = 0;
  engine->slab_used = 0;
  if (engine->retry_accepts) ln_accept_retry(engine);
  if (engine->poller->look != NULL) engine->poller->look(engine);
  if (engine->ring != NULL) ln_ring_receive(engine);
  for (int32_t turns = turns_of(engine); turns > 0 && has_room(engine); turns--) {
    struct ln_slot *slot = &engine->slots[engine->work_head];
    engine->work_head = slot->next;
    if (engine->work_head < 0) engine->work_tail = -1;
    engine->work_count--;
    slot->flags &= (uint16_t)~LN_QUEUED;
    serve(engine, slot);
  }
  return engine->event_count;
}
