/*
 * Sending one connection's bytes: as much as the kernel takes at once, the rest kept in one block until it takes more.
 * Bytes never overtake: while something is unsent, what follows is appended to it.
 */
#define LN_LAYER LN_LAYER_SOCKETS

#include "sockets.h"

/* Drops `n` bytes from the front of the spans; returns how many spans are used up. */
static int consume(struct ln_span *spans, int count, size_t n) {
  int i = 0;
  while (i < count && n >= spans[i].length) n -= spans[i++].length;
  if (i < count) {
    spans[i].bytes += n;
    spans[i].length -= n;
  }
  return i;
}

static void keep(struct ln_engine *engine, struct ln_slot *slot, const struct ln_span *spans, int count) {
  for (int i = 0; i < count; i++) {
    int error = ln_unsent_append(&slot->unsent, spans[i].bytes, spans[i].length);
    if (error != 0) {
      ln_socket_finish(engine, slot, error, LN_CALL_WRITE);
      return;
    }
  }
  ln_kept(engine, slot);
}

void ln_kept(struct ln_engine *engine, struct ln_slot *slot) {
  if (ln_unsent_size(&slot->unsent) > (size_t)slot->low) slot->flags |= LN_ABOVE_LOW;
  ln_socket_interest(engine, slot);
}

void ln_send(struct ln_engine *engine, struct ln_slot *slot, struct ln_span *spans, int count) {
  bool blocked = ln_unsent_size(&slot->unsent) > 0 || slot->flags & LN_CONNECTING;
  while (!blocked && count > 0) {
    int64_t n = slot->early_send;
    if (n == LN_NOT_MADE) n = ln_os_send(slot->fd, spans, count < LN_SPANS ? count : LN_SPANS);
    slot->early_send = LN_NOT_MADE;
    if (n == UV_EINTR) continue;
    if (n == UV_EAGAIN) break;
    if (n < 0) {
      ln_socket_finish(engine, slot, (int)n, LN_CALL_WRITE);
      return;
    }
    engine->pending[ln_slot_index(engine, slot)] -= (double)n;
    int used = consume(spans, count, (size_t)n);
    spans += used;
    count -= used;
  }
  if (count > 0) keep(engine, slot, spans, count);
}

/* Nothing is unsent any more: what was to follow the last byte happens. */
static void all_sent(struct ln_engine *engine, struct ln_slot *slot) {
  ln_unsent_free(&slot->unsent);
  if (slot->flags & LN_CLOSING) {
    ln_socket_finish(engine, slot, 0, LN_CALL_NONE);
    return;
  }
  if (slot->flags & LN_ENDING) {
    slot->flags &= (uint16_t)~LN_ENDING;
    int error = ln_os_shutdown_write(slot->fd);
    /* ENOTCONN: the peer has already reset it; reading reports that. */
    if (error != 0 && error != UV_ENOTCONN) ln_socket_finish(engine, slot, error, LN_CALL_SHUTDOWN);
  }
}

static void emit_drained(struct ln_engine *engine, struct ln_slot *slot) {
  size_t enough = slot->flags & LN_FILE ? 0 : (size_t)slot->low;
  if (!(slot->flags & (LN_ABOVE_LOW | LN_FILE)) || ln_unsent_size(&slot->unsent) > enough) return;
  slot->flags &= (uint16_t)~(LN_ABOVE_LOW | LN_FILE);
  if (!(slot->flags & LN_CLOSING)) ln_emit(engine, slot, LN_DRAINED, 0, 0);
}

void ln_sent(struct ln_engine *engine, struct ln_slot *slot) {
  emit_drained(engine, slot);
  if (ln_unsent_size(&slot->unsent) == 0) all_sent(engine, slot);
  ln_socket_interest(engine, slot);
}

void ln_send_unsent(struct ln_engine *engine, struct ln_slot *slot) {
  struct ln_unsent *unsent = &slot->unsent;
  while (ln_unsent_size(unsent) > 0) {
    struct ln_span span = {.bytes = unsent->bytes + unsent->begin, .length = ln_unsent_size(unsent)};
    int64_t n = ln_os_send(slot->fd, &span, 1);
    if (n == UV_EINTR) continue;
    if (n == UV_EAGAIN) break;
    if (n < 0) {
      ln_socket_finish(engine, slot, (int)n, LN_CALL_WRITE);
      return;
    }
    unsent->begin += (size_t)n;
    engine->pending[ln_slot_index(engine, slot)] -= (double)n;
  }
  ln_sent(engine, slot);
}

int32_t ln_send_file(struct ln_engine *engine, struct ln_slot *slot, int file, int64_t offset, size_t length) {
  int64_t n = UV_EAGAIN;
  if (slot->tls != NULL) return UV_ENOSYS;
  if (ln_unsent_size(&slot->unsent) == 0 && !(slot->flags & LN_CONNECTING)) {
    do n = ln_os_send_file(slot->fd, file, offset, length);
    while (n == UV_EINTR);
  }
  if (n == UV_EAGAIN) {
    slot->flags |= LN_FILE;
    ln_socket_interest(engine, slot);
  } else if (n == UV_EPIPE || n == UV_ECONNRESET) {
    ln_socket_finish(engine, slot, (int)n, LN_CALL_WRITE);
  }
  return (int32_t)n;
}
