/*
 * Receiving: one read of each readable connection a take, straight into the slab.
 *
 * A read that fills less than it was offered has emptied the socket, so asking again for EAGAIN would be a wasted call;
 * the next change is reported. Except after a hang-up: that report has been made, so the end of file must be read now.
 */
#include "loop_native.h"

static void at_eof(struct ln_port *port, struct ln_slot *slot) {
  slot->flags |= LN_AT_EOF;
  slot->ready = 0;
  ln_emit(port, slot, LN_EOF, 0, 0);
  ln_socket_interest(port, slot);
}

void ln_receive(struct ln_port *port, struct ln_slot *slot) {
  /* What is readable stays noted in slot->ready, for the day reading is resumed. */
  if (slot->flags & (LN_PAUSED | LN_AT_EOF | LN_CLOSING)) return;
  int64_t n = ln_os_receive(slot->fd, port->slab + port->slab_used, LN_READ_MAX);
  if (n > 0) {
    ln_emit(port, slot, LN_DATA, (int32_t)port->slab_used, (int32_t)n);
    port->slab_used += ((size_t)n + 7) & ~(size_t)7; /* Aligned, so that copies out of the slab are fast. */
    if (n < LN_READ_MAX && !(slot->ready & LN_HANGUP)) slot->ready &= (uint8_t)~LN_READABLE;
    else ln_slot_work(port, slot);
  } else if (n == 0) {
    at_eof(port, slot);
  } else if (ln_os_again(n)) {
    slot->ready &= (uint8_t)~(LN_READABLE | LN_HANGUP);
  } else {
    ln_socket_finish(port, slot, (int)n, LN_CALL_READ);
  }
}
