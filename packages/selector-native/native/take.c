/*
 * One take: a look at the kernel, then each slot with work gets its turn, and what happened stands in the event ring.
 *
 * Slots wait in one first-in first-out list whatever made them ready, and each does a bounded piece of work and goes to
 * the end again, so one busy connection holds up nobody. The take ends when every slot that was in the list at the start
 * had its turn, or when the ring or the slab is nearly full. A short list is taken in two halves: what the first
 * answers is on its way, and its peers are at work, while the second is served (measured with 10 connections: 7 % more).
 */
#include <string.h>

#include "loop_native.h"
#include "tls.h"

/* The most events that one turn of a slot may write: accepting is bounded, everything else writes up to three. */
#define ROOM (LN_ACCEPTS + 1)

void ln_emit(struct ln_port *port, const struct ln_slot *slot, enum ln_event_kind kind, int32_t a, int32_t b) {
  int32_t *event = port->events + 4 * port->event_count++;
  event[0] = ln_slot_id(port, slot);
  event[1] = (int32_t)kind;
  event[2] = a;
  event[3] = b;
}

void ln_port_ready(struct ln_port *port, int32_t id, unsigned readiness) {
  struct ln_slot *slot = ln_slot_find(port, id);
  if (slot == NULL) return;
  slot->ready |= (uint8_t)(slot->early_bytes != NULL ? readiness | LN_NEWER : readiness);
  ln_slot_work(port, slot);
}

_Static_assert(sizeof(union ln_address) == LN_PEER, "JavaScript keeps so many bytes of an address");

/*
 * The last event of a socket; what JavaScript queued for it until then finds no slot any more. The addresses of both ends go
 * with it, unformatted: most programs never ask for them, those that log a broken connection ask afterwards.
 */
static void tell_closed(struct ln_port *port, struct ln_slot *slot) {
  if (slot->tls != NULL) ln_tls_tell_failure(port, slot);
  char *ends = port->slab + port->slab_used;
  memcpy(ends, &slot->peer, LN_PEER);
  memcpy(ends + LN_PEER, &slot->local, LN_PEER);
  ln_emit(port, slot, LN_CLOSED, slot->error, (int32_t)port->slab_used | slot->failed_call);
  port->slab_used += (2 * LN_PEER + 7) & ~(size_t)7;
  ln_slot_free(port, slot);
}

static void tell_ready(struct ln_port *port, struct ln_slot *slot) {
  /* A hang-up or failure wakes whoever waits, in either direction, as asyncio's selectors do. */
  unsigned ready = slot->ready & LN_HANGUP ? LN_READABLE | LN_WRITABLE : slot->ready;
  slot->ready = 0;
  ready &= slot->interest;
  if (!port->poller->edge && ready != 0) ready = ln_os_confirm(slot->fd, ready);
  if (ready != 0) ln_emit(port, slot, LN_READY, (int32_t)ready, 0);
}

static void serve_connection(struct ln_port *port, struct ln_slot *slot) {
  if (slot->flags & LN_CONNECTING) {
    ln_connect_ready(port, slot);
    return;
  }
  /* A failed descriptor shows in the next send as in the next receive; whoever is not reading must try to send. */
  if (slot->ready & (LN_WRITABLE | LN_HANGUP)) {
    slot->ready &= (uint8_t)~LN_WRITABLE;
    if (ln_unsent_size(&slot->unsent) > 0 || slot->flags & LN_FILE) ln_send_unsent(port, slot);
    if (slot->flags & LN_DEAD) return;
  }
  if (slot->ready & (LN_READABLE | LN_HANGUP)) ln_receive(port, slot);
}

static void serve(struct ln_port *port, struct ln_slot *slot) {
  if (slot->flags & LN_DEAD) {
    tell_closed(port, slot);
    return;
  }
  switch (slot->kind) {
    case LN_DESCRIPTOR: tell_ready(port, slot); break;
    case LN_LISTENER: ln_accept_ready(port, slot); break;
    case LN_CONNECTION: serve_connection(port, slot); break;
    case LN_DATAGRAM_SOCKET: ln_datagram_ready(port, slot); break;
    default: ln_slot_free(port, slot); break; /* Closed while it waited here. */
  }
}

static bool has_room(const struct ln_port *port) {
  return port->event_count + ROOM <= LN_EVENTS && port->slab_used + LN_ADDRESS + LN_READ_MAX <= LN_SLAB;
}

/* How many slots have their turn in this take. */
static int32_t turns_of(const struct ln_port *port) {
  int32_t waiting = port->work_count;
  return waiting > LN_HALVED_MIN && waiting <= LN_HALVED_MAX ? (waiting + 1) / 2 : waiting;
}

int32_t ln_take(struct ln_port *port) {
  ln_flush(port);
  port->event_count = 0;
  port->slab_used = 0;
  if (port->poller->look != NULL) port->poller->look(port);
  if (port->ring != NULL) ln_ring_receive(port);
  for (int32_t turns = turns_of(port); turns > 0 && has_room(port); turns--) {
    struct ln_slot *slot = &port->slots[port->work_head];
    port->work_head = slot->next;
    if (port->work_head < 0) port->work_tail = -1;
    port->work_count--;
    slot->flags &= (uint16_t)~LN_QUEUED;
    serve(port, slot);
  }
  return port->event_count;
}
