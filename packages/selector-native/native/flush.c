/*
 * The operation queue: what JavaScript asked for since the last flush, done at once.
 *
 * Handlers write to many connections in any order. Entries are first chained by connection, so that all writes of one
 * connection leave in one gathered send however they were mixed with others'; then each connection's chain is done in
 * its own order.
 */
#include "loop_native.h"
#include "tls.h"

static int32_t *entry(const struct ln_port *port, int32_t index) { return port->queue + 4 * (1 + index); }

/* Chains the entries by slot; returns how many slots there are, named in port->chained. */
static int32_t chain(struct ln_port *port, int32_t count) {
  int32_t chained = 0;
  for (int32_t i = 0; i < count; i++) {
    struct ln_slot *slot = ln_slot_find(port, entry(port, i)[0]);
    if (slot == NULL || slot->flags & LN_DEAD) continue;
    if (entry(port, i)[1] == LN_OP_ABORT) slot->flags |= LN_ABORTING;
    port->chain[i] = -1;
    if (slot->chain_head < 0) {
      slot->chain_head = i;
      port->chained[chained++] = ln_slot_index(port, slot);
    } else {
      port->chain[slot->chain_tail] = i;
    }
    slot->chain_tail = i;
  }
  return chained;
}

/* Gathers the run of writes that begins at `i`, adjacent ones as one span; returns the entry after it. */
static int32_t gather(const struct ln_port *port, int32_t i, struct ln_span *spans, int *used) {
  int count = 0;
  for (; i >= 0 && entry(port, i)[1] == LN_OP_WRITE; i = port->chain[i]) {
    char *bytes = port->out + entry(port, i)[2];
    size_t length = (size_t)entry(port, i)[3];
    if (count > 0 && spans[count - 1].bytes + spans[count - 1].length == bytes) {
      spans[count - 1].length += length;
    } else if (count < LN_SPANS) {
      spans[count++] = (struct ln_span){.bytes = bytes, .length = length};
    } else {
      break;
    }
  }
  *used = count;
  return i;
}

static int32_t send_run(struct ln_port *port, struct ln_slot *slot, int32_t i) {
  struct ln_span spans[LN_SPANS];
  int count = 0;
  i = gather(port, i, spans, &count);
  if (slot->tls != NULL) ln_tls_send(port, slot, spans, count);
  else ln_send(port, slot, spans, count);
  return i;
}

/* With a ring, the first send of every connection is made at once with the others'; its result waits in the slot. */
static void send_early(struct ln_port *port, int32_t chained) {
  for (int32_t i = 0; i < chained; i++) {
    struct ln_slot *slot = &port->slots[port->chained[i]];
    struct ln_span spans[LN_SPANS];
    int count = 0;
    if (slot->tls != NULL || slot->flags & (LN_ABORTING | LN_CONNECTING) || ln_unsent_size(&slot->unsent) > 0) continue;
    gather(port, slot->chain_head, spans, &count);
    if (count == 1) ln_ring_add_send(port, slot, spans[0].bytes, spans[0].length);
  }
  ln_ring_send(port);
}

static void resume(struct ln_port *port, struct ln_slot *slot) {
  slot->flags &= (uint16_t)~LN_PAUSED;
  ln_socket_interest(port, slot);
  if (slot->ready == 0) return;
  ln_slot_work(port, slot);
  ln_port_soon(port);
}

/* Who receives. What was told as arrived and not received is told again, in the new way. */
static void receive_as(struct ln_port *port, struct ln_slot *slot, bool pull) {
  if (pull) slot->flags |= LN_PULL;
  else slot->flags &= (uint16_t)~LN_PULL;
  if (slot->ready == 0) return;
  ln_slot_work(port, slot);
  ln_port_soon(port);
}

static void operate(struct ln_port *port, struct ln_slot *slot, int32_t operation) {
  if (slot->tls != NULL && !ln_tls_operate(port, slot, operation)) return;
  bool sent = ln_unsent_size(&slot->unsent) == 0;
  switch (operation) {
    case LN_OP_END:
      slot->flags |= LN_ENDING;
      if (sent && !(slot->flags & LN_CONNECTING)) ln_sent(port, slot);
      break;
    case LN_OP_CLOSE:
      slot->flags |= LN_CLOSING;
      if (sent) ln_sent(port, slot);
      else ln_socket_interest(port, slot);
      break;
    case LN_OP_ABORT: ln_socket_finish(port, slot, 0, LN_CALL_NONE); break;
    case LN_OP_PAUSE:
      slot->flags |= LN_PAUSED;
      ln_socket_interest(port, slot);
      break;
    case LN_OP_RESUME: resume(port, slot); break;
    case LN_OP_PULL:
    case LN_OP_PUSH: receive_as(port, slot, operation == LN_OP_PULL); break;
    default: break;
  }
}

static void run_chain(struct ln_port *port, struct ln_slot *slot) {
  int32_t i = slot->chain_head;
  slot->chain_head = slot->chain_tail = -1;
  if (slot->flags & LN_ABORTING) {
    ln_socket_finish(port, slot, 0, LN_CALL_NONE);
    return;
  }
  while (i >= 0 && !(slot->flags & LN_DEAD)) {
    int32_t operation = entry(port, i)[1];
    if (operation == LN_OP_WRITE) {
      i = send_run(port, slot, i);
    } else {
      operate(port, slot, operation);
      i = port->chain[i];
    }
  }
}

void ln_flush(struct ln_port *port) {
  int32_t count = port->queue[0];
  if (count == 0) return;
  int32_t chained = chain(port, count);
  if (port->ring != NULL) send_early(port, chained);
  for (int32_t i = 0; i < chained; i++) run_chain(port, &port->slots[port->chained[i]]);
  port->queue[0] = 0;
}
