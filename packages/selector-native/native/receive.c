/*
 * Receiving: one read of each readable connection a take.
 *
 * They are received into the slab, which is in the cache; JavaScript copies what its handlers may keep into memory of its
 * own, see received.ts. Connections that pull are only notified, and receive when their handler has its turn.
 *
 * A read that fills less than it was offered has emptied the socket, so asking again for EAGAIN would be a wasted call;
 * the next change is reported. Except after a hang-up: that report has been made, so the end of file must be read now.
 */
#define LN_LAYER LN_LAYER_SOCKETS

#include <string.h>

#include "sockets.h"

void ln_at_eof(struct ln_engine *engine, struct ln_slot *slot) {
  slot->flags |= LN_AT_EOF;
  slot->ready = 0;
  ln_emit(engine, slot, LN_EOF, 0, 0);
  ln_socket_interest(engine, slot);
}

void ln_emit_data(struct ln_engine *engine, struct ln_slot *slot, const char *bytes, int64_t n) {
  char *target = engine->slab + engine->slab_used;
  if (bytes != target) memcpy(target, bytes, (size_t)n);
  ln_emit(engine, slot, LN_DATA, (int32_t)engine->slab_used, (int32_t)n);
  engine->slab_used += ((size_t)n + 7) & ~(size_t)7; /* Aligned, so that copies out of it are fast. */
  if (n > LN_SMALL_MAX) slot->flags |= LN_LARGE;
  else slot->flags &= (uint16_t)~LN_LARGE;
}

struct ln_chunk ln_receive_chunk(struct ln_engine *engine, struct ln_slot *slot, char *target, size_t most) {
  struct ln_chunk chunk = {
      .bytes = target,
      .early = slot->early_bytes != NULL,
      .newer = slot->ready & LN_NEWER,
  };
  slot->ready &= (uint8_t)~LN_NEWER;
  chunk.most = chunk.early ? LN_SMALL_MAX : most;
  chunk.length = chunk.early ? ln_ring_take_received(engine, slot, &chunk.bytes) : ln_os_receive(slot->fd, target, most);
  return chunk;
}

void ln_received(struct ln_engine *engine, struct ln_slot *slot, const struct ln_chunk *chunk) {
  if (chunk->length > 0) {
    bool full = (size_t)chunk->length == chunk->most;
    if (chunk->early && full) slot->flags |= LN_LARGE; /* There is more: the next receive is not the ring's. */
    if (!full && !chunk->newer && !(slot->ready & LN_HANGUP)) slot->ready &= (uint8_t)~LN_READABLE;
    else ln_slot_work(engine, slot);
  } else if (ln_os_again(chunk->length)) {
    if (chunk->newer) ln_slot_work(engine, slot);
    else slot->ready &= (uint8_t)~(LN_READABLE | LN_HANGUP);
  } else {
    ln_socket_finish(engine, slot, (int)chunk->length, LN_CALL_READ);
  }
}

void ln_receive(struct ln_engine *engine, struct ln_slot *slot) {
  if (!ln_may_receive(slot)) return;
  if (slot->early_bytes == NULL && slot->flags & LN_PULL) {
    ln_emit(engine, slot, LN_ARRIVED, 0, 0);
    return;
  }
  struct ln_chunk chunk = ln_receive_chunk(engine, slot, engine->slab + engine->slab_used, LN_READ_MAX);
  if (chunk.length > 0) ln_emit_data(engine, slot, chunk.bytes, chunk.length);
  if (chunk.length == 0) ln_at_eof(engine, slot);
  else ln_received(engine, slot, &chunk);
}

int32_t ln_receive_into(struct ln_engine *engine, struct ln_slot *slot, char *bytes, size_t length) {
  if (slot->flags & (LN_PAUSED | LN_AT_EOF | LN_CLOSING | LN_DEAD | LN_CONNECTING)) return UV_EAGAIN;
  if (slot->early_bytes != NULL) return UV_EAGAIN; /* What the ring has received comes first; the slot waits for its turn. */
  if (length > LN_RECEIVE_MAX) length = LN_RECEIVE_MAX;
  int64_t n = ln_os_receive(slot->fd, bytes, length);
  if (n > 0) {
    if ((size_t)n < length && !(slot->ready & LN_HANGUP)) {
      slot->ready &= (uint8_t)~LN_READABLE;
    } else {
      ln_slot_work(engine, slot);
      ln_host_soon(engine);
    }
  } else if (n == 0) {
    slot->flags |= LN_AT_EOF;
    slot->ready = 0;
    ln_socket_interest(engine, slot);
  } else if (n == UV_EINTR) {
    ln_slot_work(engine, slot);
    ln_host_soon(engine);
    return UV_EAGAIN;
  } else if (ln_os_again(n)) {
    slot->ready &= (uint8_t)~(LN_READABLE | LN_HANGUP);
  } else {
    ln_socket_finish(engine, slot, (int)n, LN_CALL_READ);
    return UV_EAGAIN;
  }
  return (int32_t)n;
}
