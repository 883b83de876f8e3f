/*
 * The operation queue: what JavaScript asked for since the last flush, done at once.
 *
 * Handlers write to many connections in any order. Entries are first chained by connection, so that all writes of one
 * connection leave in one gathered send however they were mixed with others'; then each connection's chain is done in
 * its own order.
 */
#define LN_LAYER LN_LAYER_ENGINE

#include "engine.h"

static int32_t *entry(const struct ln_engine *engine, int32_t index) { return engine->queue + 4 * (1 + index); }

/* Chains the entries by slot; returns how many slots there are, named in engine->chained. */
static int32_t chain(struct ln_engine *engine, int32_t count) {
  int32_t chained = 0;
  for (int32_t i = 0; i < count; i++) {
    struct ln_slot *slot = ln_slot_find(engine, entry(engine, i)[0]);
    if (slot == NULL || slot->flags & LN_DEAD) continue;
    if (entry(engine, i)[1] == LN_OP_ABORT) slot->flags |= LN_ABORTING;
    engine->chain[i] = -1;
    if (slot->chain_head < 0) {
      slot->chain_head = i;
      engine->chained[chained++] = ln_slot_index(engine, slot);
    } else {
      engine->chain[slot->chain_tail] = i;
    }
    slot->chain_tail = i;
  }
  return chained;
}

/* Gathers the run of writes that begins at `i`, adjacent ones as one span; returns the entry after it. */
static int32_t gather(const struct ln_engine *engine, int32_t i, struct ln_span *spans, int *used) {
  int count = 0;
  for (; i >= 0 && entry(engine, i)[1] == LN_OP_WRITE; i = engine->chain[i]) {
    char *bytes = engine->out + entry(engine, i)[2];
    size_t length = (size_t)entry(engine, i)[3];
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

static int32_t send_run(struct ln_engine *engine, struct ln_slot *slot, int32_t i) {
  struct ln_span spans[LN_SPANS];
  int count = 0;
  i = gather(engine, i, spans, &count);
  if (slot->tls != NULL) ln_tls_send(engine, slot, spans, count);
  else ln_send(engine, slot, spans, count);
  return i;
}

/* With a ring, the first send of every connection is made at once with the others'; its result waits in the slot. */
static void send_early(struct ln_engine *engine, int32_t chained) {
  for (int32_t i = 0; i < chained; i++) {
    struct ln_slot *slot = &engine->slots[engine->chained[i]];
    struct ln_span spans[LN_SPANS];
    int count = 0;
    if (slot->tls != NULL || slot->flags & (LN_ABORTING | LN_CONNECTING) || ln_unsent_size(&slot->unsent) > 0) continue;
    gather(engine, slot->chain_head, spans, &count);
    if (count == 1) ln_ring_add_send(engine, slot, spans[0].bytes, spans[0].length);
  }
  ln_ring_send(engine);
}

static void resume(struct ln_engine *engine, struct ln_slot *slot) {
  slot->flags &= (uint16_t)~LN_PAUSED;
  ln_socket_interest(engine, slot);
  if (slot->ready == 0) return;
  ln_slot_work(engine, slot);
  ln_host_soon(engine);
}

/* Who receives. What has arrived and was not received is emitted again, in the new way. */
static void receive_as(struct ln_engine *engine, struct ln_slot *slot, bool pull) {
  if (pull) slot->flags |= LN_PULL;
  else slot->flags &= (uint16_t)~LN_PULL;
  if (slot->ready == 0) return;
  ln_slot_work(engine, slot);
  ln_host_soon(engine);
}

static void operate(struct ln_engine *engine, struct ln_slot *slot, int32_t operation) {
  if (slot->tls != NULL && !ln_tls_operate(engine, slot, operation)) return;
  bool sent = ln_unsent_size(&slot->unsent) == 0;
  switch (operation) {
    case LN_OP_END:
      slot->flags |= LN_ENDING;
      if (sent && !(slot->flags & LN_CONNECTING)) ln_sent(engine, slot);
      break;
    case LN_OP_CLOSE:
      slot->flags |= LN_CLOSING;
      if (sent) ln_sent(engine, slot);
      else ln_socket_interest(engine, slot);
      break;
    case LN_OP_ABORT: ln_socket_finish(engine, slot, 0, LN_CALL_NONE); break;
    case LN_OP_PAUSE:
      slot->flags |= LN_PAUSED;
      ln_socket_interest(engine, slot);
      break;
    case LN_OP_RESUME: resume(engine, slot); break;
    case LN_OP_PULL:
    case LN_OP_PUSH: receive_as(engine, slot, operation == LN_OP_PULL); break;
    default: break;
  }
}

static void run_chain(struct ln_engine *engine, struct ln_slot *slot) {
  int32_t i = slot->chain_head;
  slot->chain_head = slot->chain_tail = -1;
  if (slot->flags & LN_ABORTING) {
    ln_socket_finish(engine, slot, 0, LN_CALL_NONE);
    return;
  }
  while (i >= 0 && !(slot->flags & LN_DEAD)) {
    int32_t operation = entry(engine, i)[1];
    if (operation == LN_OP_WRITE) {
      i = send_run(engine, slot, i);
    } else {
      operate(engine, slot, operation);
      i = engine->chain[i];
    }
  }
}

void ln_flush(struct ln_engine *engine) {
  int32_t count = engine->queue[0];
  if (count == 0) return;
  int32_t chained = chain(engine, count);
  if (engine->ring != NULL) send_early(engine, chained);
  for (int32_t i = 0; i < chained; i++) run_chain(engine, &engine->slots[engine->chained[i]]);
  engine->queue[0] = 0;
}
