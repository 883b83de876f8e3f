/* Calls: opening sockets, their addresses and options. */
#define LN_LAYER LN_LAYER_BINDING

#include <string.h>

#include "binding.h"

#if !defined(_WIN32)
#include <netinet/tcp.h>
#endif

CALL(ln_call_listen) {
  ENTER;
  struct ln_endpoint address;
  int error = ln_to_endpoint(env, call.arguments[1], call.arguments[2], &address);
  if (error != 0) return ln_number(env, error);
  return ln_number(env, ln_listen(call.engine, &address, ln_to_int(env, call.arguments[3]),
                               (unsigned)ln_to_int(env, call.arguments[4])));
}

/* adopt(engine, fd, listening): an id, or a negative error; then the descriptor stays the caller's. */
CALL(ln_call_adopt) {
  ENTER;
  ln_fd fd = (ln_fd)ln_to_int(env, call.arguments[1]);
  bool listening = ln_to_int(env, call.arguments[2]) != 0;
  return ln_number(env, listening ? ln_adopt_listener(call.engine, fd) : ln_adopt_connection(call.engine, fd));
}

CALL(ln_call_connect) {
  ENTER;
  struct ln_endpoint to, from;
  int error = ln_to_endpoint(env, call.arguments[1], call.arguments[2], &to);
  if (error == 0) error = ln_to_endpoint(env, call.arguments[3], call.arguments[4], &from);
  return ln_number(env, error != 0 ? error : ln_connect(call.engine, &to, &from));
}

CALL(ln_call_datagram) {
  ENTER;
  struct ln_endpoint address, peer;
  int error = ln_to_endpoint(env, call.arguments[1], call.arguments[2], &address);
  if (error == 0) error = ln_to_endpoint(env, call.arguments[3], call.arguments[4], &peer);
  if (error != 0) return ln_number(env, error);
  return ln_number(env, ln_datagram(call.engine, &address, &peer, (unsigned)ln_to_int(env, call.arguments[5])));
}

static napi_value address_object(napi_env env, const struct ln_endpoint *endpoint) {
  napi_value result = NULL;
  napi_create_object(env, &result);
#if !defined(_WIN32)
  if (endpoint->address.any.sa_family == AF_UNIX) {
    size_t start = offsetof(struct sockaddr_un, sun_path);
    const char *path = endpoint->address.local.sun_path;
    size_t room = endpoint->length > start ? endpoint->length - start : 0;
    ln_set(env, result, "family", ln_text(env, "unix", NAPI_AUTO_LENGTH));
    ln_set(env, result, "path", ln_text(env, path, room > 0 && path[0] != 0 ? strnlen(path, room) : room));
    return result;
  }
#endif
  char host[LN_ADDRESS];
  int port = 0;
  if (ln_address_format(&endpoint->address.any, host, sizeof host, &port) != 0) return NULL;
  const char *family = endpoint->address.any.sa_family == AF_INET ? "IPv4" : "IPv6";
  ln_set(env, result, "family", ln_text(env, family, NAPI_AUTO_LENGTH));
  ln_set(env, result, "address", ln_text(env, host, NAPI_AUTO_LENGTH));
  ln_set(env, result, "port", ln_number(env, port));
  return result;
}

/* The address that was kept of a peer; of a unix socket that is only that it has no name. Undefined when there is none. */
static napi_value peer_object(napi_env env, const union ln_address *peer) {
  struct ln_endpoint endpoint = {.length = 0};
  memcpy(&endpoint.address, peer, sizeof *peer);
  return address_object(env, &endpoint);
}

/* formatPeer(bytes): the LN_PEER bytes that came with LN_CLOSED, as an address. */
CALL(ln_call_format_peer) {
  napi_value argument;
  size_t count = 1, length = 0;
  void *bytes = NULL;
  union ln_address peer;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  if (napi_get_typedarray_info(env, argument, NULL, &length, &bytes, NULL, NULL) != napi_ok || length != sizeof peer) return NULL;
  memcpy(&peer, bytes, sizeof peer);
  return peer_object(env, &peer);
}

/* Where a socket is bound (remote = 0) or its peer (1); undefined when there is none. */
CALL(ln_call_address) {
  ENTER;
  struct ln_slot *slot = ln_slot_of(&call);
  if (slot == NULL) return NULL;
  bool remote = ln_to_int(env, call.arguments[2]) != 0;
  if (remote && (slot->peer.any.sa_family == AF_INET || slot->peer.any.sa_family == AF_INET6))
    return peer_object(env, &slot->peer); /* Known even after the peer has gone. */
  if (slot->flags & LN_DEAD) return NULL;
  struct ln_endpoint endpoint = {.length = sizeof endpoint.address};
  int failed = remote ? getpeername(slot->fd, &endpoint.address.any, &endpoint.length)
                      : getsockname(slot->fd, &endpoint.address.any, &endpoint.length);
  return failed ? NULL : address_object(env, &endpoint);
}

CALL(ln_call_set_no_delay) {
  ENTER;
  struct ln_slot *slot = ln_slot_of(&call);
  int on = ln_to_int(env, call.arguments[2]);
  if (slot != NULL && !(slot->flags & LN_DEAD))
    setsockopt(slot->fd, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on);
  return NULL;
}

CALL(ln_call_set_keep_alive) {
  ENTER;
  struct ln_slot *slot = ln_slot_of(&call);
  int on = ln_to_int(env, call.arguments[2]), delay = ln_to_int(env, call.arguments[3]);
  if (slot == NULL || slot->flags & LN_DEAD) return NULL;
  setsockopt(slot->fd, SOL_SOCKET, SO_KEEPALIVE, (const char *)&on, sizeof on);
#if defined(TCP_KEEPIDLE)
  if (on && delay > 0) setsockopt(slot->fd, IPPROTO_TCP, TCP_KEEPIDLE, (const char *)&delay, sizeof delay);
#elif defined(TCP_KEEPALIVE)
  if (on && delay > 0) setsockopt(slot->fd, IPPROTO_TCP, TCP_KEEPALIVE, (const char *)&delay, sizeof delay);
#else
  (void)delay;
#endif
  return NULL;
}

/* The level and name of an option for sockets of a family; false where they have no such option. */
static bool option_of(enum ln_option which, int family, int *level, int *name) {
  *level = SOL_SOCKET;
  switch (which) {
    case LN_SEND_BUFFER: *name = SO_SNDBUF; return true;
    case LN_RECEIVE_BUFFER: *name = SO_RCVBUF; return true;
    case LN_TTL:
      *level = family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
      *name = family == AF_INET6 ? IPV6_UNICAST_HOPS : IP_TTL;
      return family == AF_INET || family == AF_INET6;
  }
  return false;
}

/* option(engine, id, which, value): sets it; a negative value only asks. What it is now, or a negative error. */
CALL(ln_call_option) {
  ENTER;
  struct ln_slot *slot = ln_slot_of(&call);
  int level, name, value = ln_to_int(env, call.arguments[3]);
  if (slot == NULL || slot->flags & LN_DEAD) return ln_number(env, UV_EBADF);
  struct ln_endpoint local = {.length = sizeof local.address};
  if (getsockname(slot->fd, &local.address.any, &local.length) != 0) return ln_number(env, ln_os_error());
  if (!option_of((enum ln_option)ln_to_int(env, call.arguments[2]), local.address.any.sa_family, &level, &name))
    return ln_number(env, UV_ENOTSUP);
  if (value >= 0 && setsockopt(slot->fd, level, name, (const char *)&value, sizeof value) != 0)
    return ln_number(env, ln_os_error());
  ln_length length = sizeof value;
  if (getsockopt(slot->fd, level, name, (char *)&value, &length) != 0) return ln_number(env, ln_os_error());
  return ln_number(env, value);
}

CALL(ln_call_descriptor) {
  ENTER;
  struct ln_slot *slot = ln_slot_of(&call);
  return ln_number(env, slot == NULL || slot->flags & LN_DEAD ? -1 : (int32_t)slot->fd);
}

CALL(ln_call_set_low) {
  ENTER;
  struct ln_slot *slot = ln_slot_of(&call);
  if (slot != NULL) slot->low = ln_to_int(env, call.arguments[2]);
  return NULL;
}
