/*
 * Receiving: one read of each readable connection a take.
 *
 * They are received into the slab, which is in the cache; JavaScript copies what its handlers may keep into memory of its
 * own, see received.ts. Connections that pull are only told, and receive when their handler has its turn.
 *
 * A read that fills less than it was offered has emptied the socket, so asking again for EAGAIN would be a wasted call;
 * the next change is reported. Except after a hang-up: that report has been made, so the end of file must be read now.
 */
#include <string.h>

#include "loop_native.h"
#include "tls.h"

void ln_at_eof(struct ln_port *port, struct ln_slot *slot) {
  slot->flags |= LN_AT_EOF;
  slot->ready = 0;
  ln_emit(port, slot, LN_EOF, 0, 0);
  ln_socket_interest(port, slot);
}

void ln_tell_data(struct ln_port *port, struct ln_slot *slot, const char *bytes, int64_t n) {
  char *target = port->slab + port->slab_used;
  if (bytes != target) memcpy(target, bytes, (size_t)n);
  ln_emit(port, slot, LN_DATA, (int32_t)port->slab_used, (int32_t)n);
  port->slab_used += ((size_t)n + 7) & ~(size_t)7; /* Aligned, so that copies out of it are fast. */
  if (n > LN_SMALL_MAX) slot->flags |= LN_LARGE;
  else slot->flags &= (uint16_t)~LN_LARGE;
}

void ln_receive(struct ln_port *port, struct ln_slot *slot) {
  /* What is readable stays noted in slot->ready, for the day reading is resumed. */
  if (slot->early_bytes == NULL && slot->flags & (LN_PAUSED | LN_AT_EOF | LN_CLOSING)) return;
  if (slot->tls != NULL && ln_tls_serve_given(port, slot)) return;
  bool early = slot->early_bytes != NULL;
  if (!early && slot->flags & LN_PULL) {
    ln_emit(port, slot, LN_ARRIVED, 0, 0);
    return;
  }
  bool newer = slot->ready & LN_NEWER;
  slot->ready &= (uint8_t)~LN_NEWER;
  char *target = slot->tls != NULL ? ln_tls_target(port) : port->slab + port->slab_used;
  const char *bytes = target;
  size_t most = early ? LN_SMALL_MAX : slot->tls != NULL ? LN_TLS_READ_MAX : LN_READ_MAX;
  int64_t n = early ? ln_ring_take_received(port, slot, &bytes) : ln_os_receive(slot->fd, target, most);
  if (n > 0) {
    if (slot->tls != NULL) ln_tls_received(port, slot, bytes, (size_t)n);
    else ln_tell_data(port, slot, bytes, n);
    if (early && (size_t)n == most) slot->flags |= LN_LARGE; /* There is more: the next receive is not the ring's. */
    if ((size_t)n < most && !newer && !(slot->ready & LN_HANGUP)) slot->ready &= (uint8_t)~LN_READABLE;
    else ln_slot_work(port, slot);
  } else if (n == 0) {
    if (slot->tls != NULL) ln_tls_at_eof(port, slot);
    else ln_at_eof(port, slot);
  } else if (ln_os_again(n)) {
    if (newer) ln_slot_work(port, slot);
    else slot->ready &= (uint8_t)~(LN_READABLE | LN_HANGUP);
  } else {
    ln_socket_finish(port, slot, (int)n, LN_CALL_READ);
  }
}

int32_t ln_receive_into(struct ln_port *port, struct ln_slot *slot, char *bytes, size_t length) {
  if (slot->flags & (LN_PAUSED | LN_AT_EOF | LN_CLOSING | LN_DEAD | LN_CONNECTING)) return UV_EAGAIN;
  if (slot->early_bytes != NULL) return UV_EAGAIN; /* What the ring has received comes first; the slot waits for its turn. */
  if (length > LN_RECEIVE_MAX) length = LN_RECEIVE_MAX;
  int64_t n = ln_os_receive(slot->fd, bytes, length);
  if (n > 0) {
    if ((size_t)n < length && !(slot->ready & LN_HANGUP)) {
      slot->ready &= (uint8_t)~LN_READABLE;
    } else {
      ln_slot_work(port, slot);
      ln_port_soon(port);
    }
  } else if (n == 0) {
    slot->flags |= LN_AT_EOF;
    slot->ready = 0;
    ln_socket_interest(port, slot);
  } else if (n == UV_EINTR) {
    ln_slot_work(port, slot);
    ln_port_soon(port);
    return UV_EAGAIN;
  } else if (ln_os_again(n)) {
    slot->ready &= (uint8_t)~(LN_READABLE | LN_HANGUP);
  } else {
    ln_socket_finish(port, slot, (int)n, LN_CALL_READ);
    return UV_EAGAIN;
  }
  return (int32_t)n;
}
