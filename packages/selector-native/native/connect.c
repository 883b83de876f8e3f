/* Connecting: the descriptor becomes writable when it is decided, and SO_ERROR says which way. */
#define LN_LAYER LN_LAYER_SOCKETS

#include <string.h>

#include "sockets.h"

#if !defined(_WIN32)
#include <netinet/tcp.h>
#endif

int32_t ln_connect(struct ln_engine *engine, const struct ln_endpoint *to, const struct ln_endpoint *from) {
  ln_fd fd;
  int family = to->address.any.sa_family;
  int error = ln_socket_bound(family, SOCK_STREAM, from, LN_REUSE_ADDRESS, &fd);
  if (error != 0) return error;
  struct ln_slot *slot = ln_slot_new(engine, LN_CONNECTION, fd);
  if (slot == NULL) {
    ln_os_close(fd);
    return UV_ENFILE;
  }
  slot->flags |= LN_CONNECTING;
  memcpy(&slot->peer, &to->address, sizeof slot->peer);
  int on = 1; /* As for accepted connections. */
  if (family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on);
  int started = ln_os_connect(fd, &to->address.any, to->length);
  error = ln_socket_watch(engine, slot);
  if (error != 0) {
    ln_slot_free(engine, slot);
    ln_os_close(fd);
    return error;
  }
  if (started < 0) {
    ln_socket_finish(engine, slot, started, LN_CALL_CONNECT); /* Refused at once; reported as any refusal is. */
  } else if (started == 0) {
    slot->ready |= LN_WRITABLE;
    ln_slot_work(engine, slot);
    ln_host_soon(engine);
  }
  return ln_slot_id(engine, slot);
}

int32_t ln_adopt_connection(struct ln_engine *engine, ln_fd fd) {
  struct ln_endpoint peer = {.length = sizeof peer.address};
  int error = ln_os_adopt(fd, false);
  if (error != 0) return error;
  if (getpeername(fd, &peer.address.any, &peer.length) != 0) return ln_os_error();
  struct ln_slot *slot = ln_slot_new(engine, LN_CONNECTION, fd);
  if (slot == NULL) return UV_ENFILE;
  slot->flags |= LN_CONNECTING;
  bool inet = peer.address.any.sa_family == AF_INET || peer.address.any.sa_family == AF_INET6;
  if (inet) memcpy(&slot->peer, &peer.address, sizeof slot->peer);
  int on = 1; /* As for accepted connections. */
  if (inet) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on);
  error = ln_socket_watch(engine, slot);
  if (error != 0) {
    ln_slot_free(engine, slot);
    return error;
  }
  slot->ready |= LN_WRITABLE;
  ln_slot_work(engine, slot);
  ln_host_soon(engine);
  return ln_slot_id(engine, slot);
}

void ln_connect_ready(struct ln_engine *engine, struct ln_slot *slot) {
  if (!(slot->ready & (LN_WRITABLE | LN_HANGUP))) return;
  int error = 0;
  ln_length length = sizeof error;
  if (getsockopt(slot->fd, SOL_SOCKET, SO_ERROR, (char *)&error, &length) != 0) error = ln_os_error();
  else if (error != 0) error = uv_translate_sys_error(error);
  if (error != 0) {
    ln_socket_finish(engine, slot, error, LN_CALL_CONNECT);
    return;
  }
  slot->flags &= (uint16_t)~LN_CONNECTING;
  slot->ready &= (uint8_t)~LN_WRITABLE;
  ln_emit(engine, slot, LN_CONNECTED, 0, 0);
  /* Sends what was written meanwhile, and does what was to follow it. */
  ln_send_unsent(engine, slot);
  if (slot->ready != 0 && !(slot->flags & LN_DEAD)) ln_slot_work(engine, slot);
}
