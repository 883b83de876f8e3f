/*
 * Listening and accepting in batches.
 *
 * When no descriptor is left, the connections stay in the kernel's queue, the failure is emitted once, and accepting is
 * tried again as soon as a socket of this engine is closed, and every LN_STARVED_MS for descriptors freed elsewhere.
 */
#define LN_LAYER LN_LAYER_SOCKETS

#include "sockets.h"

#if !defined(_WIN32)
#include <netinet/tcp.h>
#endif

int32_t ln_listen(struct ln_engine *engine, const struct ln_endpoint *address, int backlog, unsigned options) {
  ln_fd fd;
  int error = ln_socket_bound(address->address.any.sa_family, SOCK_STREAM, address, options | LN_REUSE_ADDRESS, &fd);
  if (error != 0) return error;
  struct ln_slot *slot = NULL;
  if (listen(fd, backlog) != 0) error = ln_os_error();
  else if ((slot = ln_slot_new(engine, LN_LISTENER, fd)) == NULL) error = UV_ENFILE;
  else error = ln_socket_watch(engine, slot);
  if (error == 0) return ln_slot_id(engine, slot);
  if (slot != NULL) ln_slot_free(engine, slot);
  ln_os_close(fd);
  return error;
}

int32_t ln_adopt_listener(struct ln_engine *engine, ln_fd fd) {
  int error = ln_os_adopt(fd, true);
  if (error != 0) return error;
  struct ln_slot *slot = ln_slot_new(engine, LN_LISTENER, fd);
  if (slot == NULL) return UV_ENFILE;
  error = ln_socket_watch(engine, slot);
  if (error == 0) return ln_slot_id(engine, slot);
  ln_slot_free(engine, slot);
  return error;
}

static int adopt(struct ln_engine *engine, struct ln_slot *listener, ln_fd fd, const union ln_address *peer, ln_length length) {
  struct ln_slot *slot = ln_slot_new(engine, LN_CONNECTION, fd);
  if (slot == NULL) return UV_ENFILE;
  slot->peer = *peer;
  int on = 1; /* Whole messages are written at once, so waiting for more to send only costs time. */
  if (peer->any.sa_family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on);
  else if ((size_t)length > offsetof(struct sockaddr, sa_data)) slot->peer.any.sa_family = AF_UNSPEC; /* Too long to be kept. */
  int error = ln_socket_watch(engine, slot);
  if (error != 0) {
    ln_slot_free(engine, slot);
    return error;
  }
  ln_emit(engine, listener, LN_ACCEPTED, ln_slot_id(engine, slot), 0);
  return 0;
}

static bool is_exhaustion(int error) {
  return error == UV_EMFILE || error == UV_ENFILE || error == UV_ENOBUFS || error == UV_ENOMEM;
}

void ln_accept_retry(struct ln_engine *engine) {
  engine->starving = engine->retry_accepts = false;
  for (int32_t i = 0; i < engine->slots_used; i++) {
    struct ln_slot *slot = &engine->slots[i];
    if (slot->kind != LN_LISTENER || !(slot->flags & LN_STARVED)) continue;
    slot->ready |= LN_READABLE;
    ln_slot_work(engine, slot);
    ln_host_soon(engine);
  }
}

static void on_starved(uv_timer_t *handle) {
  struct ln_engine *engine = handle->data;
  if (engine->starving) ln_accept_retry(engine);
  else uv_timer_stop(handle);
}

static void starve(struct ln_engine *engine, struct ln_slot *slot, int error) {
  if (!(slot->flags & LN_STARVED)) ln_emit(engine, slot, LN_ACCEPT_FAILED, error, 0);
  slot->flags |= LN_STARVED;
  engine->starving = true;
  if (!uv_is_active((uv_handle_t *)&engine->starved_timer)) uv_timer_start(&engine->starved_timer, on_starved, LN_STARVED_MS, LN_STARVED_MS);
  ln_socket_interest(engine, slot);
}

void ln_accept_ready(struct ln_engine *engine, struct ln_slot *slot) {
  if (slot->flags & LN_PAUSED) return;
  for (int i = 0; i < LN_ACCEPTS; i++) {
    union ln_address peer = {.any = {.sa_family = AF_UNIX}};
    ln_length length = sizeof peer;
    ln_fd fd;
    int error = ln_os_accept(slot->fd, &fd, &peer.any, &length);
    if (error == 0 && (error = adopt(engine, slot, fd, &peer, length)) != 0) ln_os_close(fd);
    if (error == UV_EAGAIN) {
      slot->ready = 0;
      slot->flags &= (uint16_t)~LN_STARVED; /* The queue is empty: the run of failures is over. */
      ln_socket_interest(engine, slot);
      return;
    }
    if (is_exhaustion(error)) {
      starve(engine, slot, error);
      return;
    }
    /* Anything else concerns one connection; the next one may be well. */
    if (error != 0 && error != UV_EINTR && error != UV_ECONNABORTED) ln_emit(engine, slot, LN_ACCEPT_FAILED, error, 0);
  }
  ln_slot_work(engine, slot);
}
