/*
 * Datagrams: sent at once, or kept with their addresses while the kernel takes none; received into the slab behind a
 * header of LN_ADDRESS bytes: port, then the sender's address as text ended by 0.
 */
#define LN_LAYER LN_LAYER_SOCKETS

#include <string.h>

#include "sockets.h"

/* What stands before each kept datagram, and counts as pending with it: else empty ones could be kept without end. */
struct kept {
  uint32_t length;
  ln_length to_length; /* 0: the socket's fixed peer */
  union ln_address to;
};

int32_t ln_datagram(struct ln_engine *engine, const struct ln_endpoint *address, const struct ln_endpoint *peer,
                    unsigned options) {
  ln_fd fd;
  int error = ln_socket_bound(address->address.any.sa_family, SOCK_DGRAM, address, options, &fd);
  if (error != 0) return error;
  struct ln_slot *slot = NULL;
  if (peer->length > 0 && connect(fd, &peer->address.any, peer->length) != 0) error = ln_os_error();
  else if ((slot = ln_slot_new(engine, LN_DATAGRAM_SOCKET, fd)) == NULL) error = UV_ENFILE;
  else error = ln_socket_watch(engine, slot);
  if (error != 0) {
    if (slot != NULL) ln_slot_free(engine, slot);
    ln_os_close(fd);
    return error;
  }
  if (peer->length > 0) ln_os_peer_fixed(fd);
  memcpy(&slot->peer, &peer->address, sizeof slot->peer);
  return ln_slot_id(engine, slot);
}

static void receive(struct ln_engine *engine, struct ln_slot *slot) {
  for (int i = 0; i < LN_DATAGRAMS && engine->slab_used + LN_ADDRESS + LN_READ_MAX <= LN_SLAB; i++) {
    struct ln_endpoint from = {.length = sizeof from.address};
    char *header = engine->slab + engine->slab_used;
    int64_t n = ln_os_receive_from(slot->fd, header + LN_ADDRESS, LN_READ_MAX, &from.address.any, &from.length);
    if (ln_os_again(n)) {
      slot->ready &= (uint8_t)~(LN_READABLE | LN_HANGUP);
      return;
    }
    if (n < 0) {
      ln_emit(engine, slot, LN_FAILED, (int32_t)n, 0);
      continue;
    }
    int sender_port = 0;
    header[sizeof(int32_t)] = 0;
    ln_address_format(&from.address.any, header + sizeof(int32_t), LN_ADDRESS - sizeof(int32_t), &sender_port);
    memcpy(header, &(int32_t){sender_port}, sizeof(int32_t));
    ln_emit(engine, slot, LN_DATAGRAM, (int32_t)engine->slab_used, (int32_t)n);
    engine->slab_used += (LN_ADDRESS + (size_t)n + 7) & ~(size_t)7;
  }
  ln_slot_work(engine, slot);
}

void ln_datagram_ready(struct ln_engine *engine, struct ln_slot *slot) {
  if (slot->ready & LN_WRITABLE) {
    slot->ready &= (uint8_t)~LN_WRITABLE;
    if (ln_unsent_size(&slot->unsent) > 0) ln_datagram_send_unsent(engine, slot);
  }
  if (slot->flags & (LN_PAUSED | LN_CLOSING | LN_DEAD)) return;
  if (slot->ready & (LN_READABLE | LN_HANGUP)) receive(engine, slot);
}

void ln_datagram_send_unsent(struct ln_engine *engine, struct ln_slot *slot) {
  struct ln_unsent *unsent = &slot->unsent;
  int failed = 0;
  while (ln_unsent_size(unsent) > 0) {
    if (failed == LN_DATAGRAMS) { /* There is room for so many events; the rest has its turn later. */
      slot->ready |= LN_WRITABLE;
      ln_slot_work(engine, slot);
      break;
    }
    struct kept kept;
    memcpy(&kept, unsent->bytes + unsent->begin, sizeof kept);
    const char *bytes = unsent->bytes + unsent->begin + sizeof kept;
    int64_t n = ln_os_send_to(slot->fd, bytes, kept.length, kept.to_length ? &kept.to.any : NULL, kept.to_length);
    if (n == UV_EINTR) continue;
    if (n == UV_EAGAIN || n == UV_ENOBUFS) break;
    if (n < 0) {
      ln_emit(engine, slot, LN_FAILED, (int32_t)n, 0);
      failed++;
    }
    unsent->begin += sizeof kept + kept.length;
    engine->pending[ln_slot_index(engine, slot)] -= (double)(sizeof kept + kept.length);
  }
  ln_sent(engine, slot);
}

int ln_datagram_send(struct ln_engine *engine, struct ln_slot *slot, const char *bytes, size_t length,
                     const struct ln_endpoint *to) {
  if (ln_unsent_size(&slot->unsent) == 0) {
    int64_t n = ln_os_send_to(slot->fd, bytes, length, to->length ? &to->address.any : NULL, to->length);
    if (n >= 0) return 0;
    if (!ln_os_again(n) && n != UV_ENOBUFS) return (int)n;
  }
  struct kept kept = {.length = (uint32_t)length, .to_length = to->length};
  memcpy(&kept.to, &to->address, sizeof kept.to);
  int error = ln_unsent_append(&slot->unsent, (const char *)&kept, sizeof kept);
  if (error == 0 && (error = ln_unsent_append(&slot->unsent, bytes, length)) != 0) slot->unsent.end -= sizeof kept;
  if (error != 0) return error;
  engine->pending[ln_slot_index(engine, slot)] += (double)(sizeof kept + length);
  ln_kept(engine, slot);
  return 0;
}
