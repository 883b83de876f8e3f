/* What connections, listeners and datagram sockets share: opening, watching, ending. */
#define LN_LAYER LN_LAYER_SOCKETS

#include <string.h>

#include "sockets.h"

int ln_socket_watch(struct ln_engine *engine, struct ln_slot *slot) {
  const struct ln_poller *poller = engine->poller;
  unsigned interest = LN_READABLE;
  if (poller->edge || slot->flags & LN_CONNECTING) interest |= LN_WRITABLE;
  if (poller->edge && slot->kind == LN_LISTENER) interest = LN_READABLE;
  int error = poller->watch(engine, slot, interest, poller->edge);
  if (error == 0) slot->interest = (uint8_t)interest;
  return error;
}

/* Keeps the interest of a state-reporting poller exact; one that reports changes was asked for everything at the start. */
void ln_socket_interest(struct ln_engine *engine, struct ln_slot *slot) {
  if (engine->poller->edge || slot->flags & LN_DEAD) return;
  unsigned interest = 0;
  if (!(slot->flags & (LN_PAUSED | LN_AT_EOF | LN_CLOSING | LN_CONNECTING | LN_STARVED))) interest |= LN_READABLE;
  if (slot->flags & (LN_CONNECTING | LN_FILE) || ln_unsent_size(&slot->unsent) > 0) interest |= LN_WRITABLE;
  if (interest == slot->interest) return;
  slot->interest = (uint8_t)interest;
  int error = engine->poller->change(engine, slot, interest);
  if (error != 0) ln_socket_finish(engine, slot, error, LN_CALL_POLL);
}

/* The system forgets a connection's own address with its descriptor; programs ask at the end. A path has no room here. */
static void keep_local(struct ln_slot *slot) {
  struct ln_endpoint local = {.length = sizeof local.address};
  if (slot->peer.any.sa_family != AF_INET && slot->peer.any.sa_family != AF_INET6) return;
  if (getsockname(slot->fd, &local.address.any, &local.length) == 0) memcpy(&slot->local, &local.address, sizeof slot->local);
}

void ln_socket_finish(struct ln_engine *engine, struct ln_slot *slot, int error, enum ln_call call) {
  if (slot->flags & LN_DEAD) return;
  slot->flags |= LN_DEAD;
  ln_ring_forget(engine, slot);
  slot->error = error;
  slot->failed_call = (uint8_t)call;
  if (slot->kind == LN_CONNECTION) keep_local(slot);
  engine->poller->unwatch(engine, slot);
  ln_os_close(slot->fd);
  slot->fd = LN_NO_FD;
  ln_unsent_free(&slot->unsent);
  ln_slot_work(engine, slot);
  ln_host_soon(engine);
  engine->retry_accepts = engine->starving; /* A descriptor is free: the next take tries again. */
}

static int set_options(ln_fd fd, const struct ln_endpoint *address, unsigned options) {
  int on = 1;
  const char *value = (const char *)&on;
  bool inet = address->address.any.sa_family != AF_UNIX;
#if !defined(_WIN32)
  /* Windows' option of this name lets others steal the port; POSIX's only ignores connections in TIME_WAIT. */
  if (inet && options & LN_REUSE_ADDRESS && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, value, sizeof on) != 0)
    return ln_os_error();
#endif
  if (inet && options & LN_REUSE_PORT) {
#if defined(SO_REUSEPORT)
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, value, sizeof on) != 0) return ln_os_error();
#else
    return UV_ENOTSUP;
#endif
  }
  if (options & LN_BROADCAST && setsockopt(fd, SOL_SOCKET, SO_BROADCAST, value, sizeof on) != 0) return ln_os_error();
  if (address->address.any.sa_family == AF_INET6) {
    on = (options & LN_IPV6_ONLY) != 0;
    if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, value, sizeof on) != 0) return ln_os_error();
  }
  return 0;
}

int ln_socket_bound(int family, int type, const struct ln_endpoint *address, unsigned options, ln_fd *fd) {
  int error = ln_os_socket(family, type, fd);
  if (error != 0 || address->length == 0) return error;
  error = set_options(*fd, address, options);
  if (error == 0 && bind(*fd, &address->address.any, address->length) != 0) error = ln_os_error();
  if (error != 0) ln_os_close(*fd);
  return error;
}
