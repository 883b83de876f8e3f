/*
 * The Node-API face: one function for each call of src/binding.ts. Arguments are checked in TypeScript; here only what
 * memory safety needs. Calls that the system can refuse return an id or a negative libuv error.
 */
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

#include "loop_native.h"

#if !defined(_WIN32)
#include <netinet/tcp.h>
#endif

#if !defined(LN_SOURCE_HASH)
#define LN_SOURCE_HASH "unknown"
#endif

/* A port and what JavaScript holds of it. Freed when JavaScript has let go and the port's handles are closed. */
struct binding {
  struct ln_port port;
  napi_env env;
  napi_ref callback, memory;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  bool let_go, port_gone;
};

static const napi_type_tag port_tag = {0x6c6f6f702d6e6174, 0x69766520706f7274};

/* ---- values ---- */

static napi_value number(napi_env env, int32_t value) {
  napi_value result = NULL;
  napi_create_int32(env, value, &result);
  return result;
}

static int32_t to_int(napi_env env, napi_value value) {
  int32_t result = 0;
  napi_get_value_int32(env, value, &result);
  return result;
}

static napi_value text(napi_env env, const char *value, size_t length) {
  napi_value result = NULL;
  napi_create_string_utf8(env, value, length, &result);
  return result;
}

static void set(napi_env env, napi_value object, const char *name, napi_value value) {
  napi_set_named_property(env, object, name, value);
}

/* Host and port, or a path where the port is -1; an empty host gives an empty endpoint. */
static int to_endpoint(napi_env env, napi_value host, napi_value port, struct ln_endpoint *endpoint) {
  char buffer[256]; /* above every path and address that the system takes */
  size_t length = 0;
  memset(endpoint, 0, sizeof *endpoint);
  if (napi_get_value_string_utf8(env, host, NULL, 0, &length) != napi_ok) return UV_EINVAL;
  if (length == 0) return 0;
  if (length >= sizeof buffer) return UV_ENAMETOOLONG;
  napi_get_value_string_utf8(env, host, buffer, sizeof buffer, &length);
  int32_t number_of_port = to_int(env, port);
  return number_of_port < 0 ? ln_address_path(buffer, length, endpoint)
                            : ln_address_parse(buffer, number_of_port, endpoint);
}

/* ---- life ---- */

static void release(struct binding *binding) {
  if (binding->let_go && binding->port_gone) free(binding);
}

static void on_let_go(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct binding *binding = data;
  binding->let_go = true;
  release(binding);
}

static void on_port_gone(struct ln_port *port) {
  struct binding *binding = port->binding;
  napi_delete_reference(binding->env, binding->callback);
  napi_delete_reference(binding->env, binding->memory);
  napi_async_destroy(binding->env, binding->context);
  napi_remove_async_cleanup_hook(binding->hook);
  binding->port_gone = true;
  release(binding);
}

static void on_env_end(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  ln_port_close(&((struct binding *)data)->port);
}

static void deliver(struct ln_port *port, int32_t events) {
  struct binding *binding = port->binding;
  napi_env env = binding->env;
  napi_handle_scope scope;
  napi_value callback, receiver, argument, error;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_get_reference_value(env, binding->callback, &callback);
  napi_get_reference_value(env, binding->memory, &receiver);
  argument = number(env, events);
  napi_status status = napi_make_callback(env, binding->context, receiver, callback, 1, &argument, NULL);
  if (status == napi_pending_exception && napi_get_and_clear_last_exception(env, &error) == napi_ok)
    napi_fatal_exception(env, error);
  napi_close_handle_scope(env, scope);
}

/* ---- calls ---- */

#define MAX_ARGUMENTS 7

struct call {
  napi_env env;
  napi_value arguments[MAX_ARGUMENTS];
  struct ln_port *port;
};

/* Reads the arguments, the first of which is a port; false when it is none or closed, with an exception thrown. */
static bool enter(struct call *call, napi_env env, napi_callback_info info) {
  size_t count = MAX_ARGUMENTS;
  void *data = NULL;
  bool tagged = false;
  call->env = env;
  napi_get_cb_info(env, info, &count, call->arguments, NULL, NULL);
  if (napi_check_object_type_tag(env, call->arguments[0], &port_tag, &tagged) == napi_ok && tagged)
    napi_get_value_external(env, call->arguments[0], &data);
  if (data == NULL || ((struct binding *)data)->port.closed) {
    napi_throw_error(env, "ERR_LOOP_PORT_CLOSED", "the native port is closed");
    return false;
  }
  call->port = &((struct binding *)data)->port;
  return true;
}

static struct ln_slot *slot_of(struct call *call) {
  return ln_slot_find(call->port, to_int(call->env, call->arguments[1]));
}

#define CALL(name) static napi_value name(napi_env env, napi_callback_info info)
#define ENTER \
  struct call call; \
  if (!enter(&call, env, info)) return NULL

/* The backend in use: another than asked for where the kernel refused that. */
CALL(backend) {
  ENTER;
  return text(env, call.port->poller->name, NAPI_AUTO_LENGTH);
}

CALL(arm) {
  ENTER;
  double timeout = -1;
  napi_get_value_double(env, call.arguments[1], &timeout);
  ln_port_arm(call.port, timeout);
  return NULL;
}

CALL(wake) {
  ENTER;
  ln_port_wake(call.port);
  return NULL;
}

CALL(take) {
  ENTER;
  return number(env, ln_take(call.port));
}

CALL(flush) {
  ENTER;
  ln_flush(call.port);
  return NULL;
}

CALL(close_port) {
  ENTER;
  ln_flush(call.port);
  ln_port_close(call.port);
  return NULL;
}

CALL(watch) {
  ENTER;
  unsigned interest = (unsigned)to_int(env, call.arguments[2]);
  struct ln_slot *slot = ln_slot_new(call.port, LN_DESCRIPTOR, (ln_fd)to_int(env, call.arguments[1]));
  if (slot == NULL) return number(env, UV_ENFILE);
  int error = call.port->poller->watch(call.port, slot, interest, false);
  if (error != 0) {
    ln_slot_free(call.port, slot);
    return number(env, error);
  }
  slot->interest = (uint8_t)interest;
  return number(env, ln_slot_id(call.port, slot));
}

CALL(change) {
  ENTER;
  struct ln_slot *slot = slot_of(&call);
  if (slot == NULL) return number(env, UV_EBADF);
  unsigned interest = (unsigned)to_int(env, call.arguments[2]);
  int error = call.port->poller->change(call.port, slot, interest);
  if (error == 0) slot->interest = (uint8_t)interest;
  return number(env, error);
}

/* Ends a descriptor's registration, or a listener together with its socket. */
CALL(drop) {
  ENTER;
  struct ln_slot *slot = slot_of(&call);
  if (slot == NULL || (slot->kind != LN_DESCRIPTOR && slot->kind != LN_LISTENER)) return NULL;
  call.port->poller->unwatch(call.port, slot);
  if (slot->kind == LN_LISTENER) ln_os_close(slot->fd);
  ln_slot_free(call.port, slot);
  return NULL;
}

CALL(listen_on) {
  ENTER;
  struct ln_endpoint address;
  int error = to_endpoint(env, call.arguments[1], call.arguments[2], &address);
  if (error != 0) return number(env, error);
  return number(env, ln_listen(call.port, &address, to_int(env, call.arguments[3]),
                               (unsigned)to_int(env, call.arguments[4])));
}

CALL(connect_to) {
  ENTER;
  struct ln_endpoint to, from;
  int error = to_endpoint(env, call.arguments[1], call.arguments[2], &to);
  if (error == 0) error = to_endpoint(env, call.arguments[3], call.arguments[4], &from);
  return number(env, error != 0 ? error : ln_connect(call.port, &to, &from));
}

CALL(datagram) {
  ENTER;
  struct ln_endpoint address, peer;
  int error = to_endpoint(env, call.arguments[1], call.arguments[2], &address);
  if (error == 0) error = to_endpoint(env, call.arguments[3], call.arguments[4], &peer);
  if (error != 0) return number(env, error);
  return number(env, ln_datagram(call.port, &address, &peer, (unsigned)to_int(env, call.arguments[5])));
}

static bool bytes_of(struct call *call, char **bytes, size_t *length) {
  void *data = NULL;
  if (napi_get_typedarray_info(call->env, call->arguments[2], NULL, length, &data, NULL, NULL) != napi_ok) return false;
  *bytes = data;
  return true;
}

/* provide(port, 0 = small or 1 = large, bytes): a fresh block; JavaScript keeps it referenced until the next one. */
CALL(provide) {
  ENTER;
  struct ln_block block = {0};
  if (!bytes_of(&call, &block.bytes, &block.size)) return NULL;
  if (to_int(env, call.arguments[1]) == 0) call.port->small = block;
  else call.port->large = block;
  return NULL;
}

/* A write too large to be copied: sent from the caller's memory. Nothing of this connection may be queued. */
CALL(write_now) {
  ENTER;
  struct ln_span span = {0};
  size_t length = 0;
  if (!bytes_of(&call, &span.bytes, &length)) return NULL;
  struct ln_slot *slot = slot_of(&call);
  if (slot == NULL || slot->flags & LN_DEAD || length == 0) return NULL;
  span.length = length;
  call.port->pending[ln_slot_index(call.port, slot)] += (int32_t)length;
  ln_send(call.port, slot, &span, 1);
  return NULL;
}

CALL(send_to) {
  ENTER;
  char *bytes = NULL;
  size_t length = 0;
  struct ln_endpoint to;
  int error = to_endpoint(env, call.arguments[3], call.arguments[4], &to);
  if (error != 0) return number(env, error);
  struct ln_slot *slot = slot_of(&call);
  if (!bytes_of(&call, &bytes, &length) || slot == NULL || slot->flags & LN_DEAD) return number(env, UV_EBADF);
  return number(env, ln_datagram_send(call.port, slot, bytes, length, &to));
}

static napi_value address_object(napi_env env, const struct ln_endpoint *endpoint) {
  napi_value result = NULL;
  napi_create_object(env, &result);
#if !defined(_WIN32)
  if (endpoint->address.any.sa_family == AF_UNIX) {
    size_t start = offsetof(struct sockaddr_un, sun_path);
    const char *path = endpoint->address.local.sun_path;
    size_t room = endpoint->length > start ? endpoint->length - start : 0;
    set(env, result, "family", text(env, "unix", NAPI_AUTO_LENGTH));
    set(env, result, "path", text(env, path, room > 0 && path[0] != 0 ? strnlen(path, room) : room));
    return result;
  }
#endif
  char host[INET6_ADDRSTRLEN + 1];
  int port = 0;
  if (ln_address_format(&endpoint->address.any, host, sizeof host, &port) != 0) return NULL;
  const char *family = endpoint->address.any.sa_family == AF_INET ? "IPv4" : "IPv6";
  set(env, result, "family", text(env, family, NAPI_AUTO_LENGTH));
  set(env, result, "address", text(env, host, NAPI_AUTO_LENGTH));
  set(env, result, "port", number(env, port));
  return result;
}

/* Where a socket is bound (remote = 0) or its peer (1); undefined when there is none. */
CALL(address) {
  ENTER;
  struct ln_slot *slot = slot_of(&call);
  if (slot == NULL || slot->flags & LN_DEAD) return NULL;
  struct ln_endpoint endpoint = {.length = sizeof endpoint.address};
  bool remote = to_int(env, call.arguments[2]) != 0;
  if (remote && (slot->peer.any.sa_family == AF_INET || slot->peer.any.sa_family == AF_INET6)) {
    memcpy(&endpoint.address, &slot->peer, sizeof slot->peer); /* Known even after the peer has gone. */
    return address_object(env, &endpoint);
  }
  int failed = remote ? getpeername(slot->fd, &endpoint.address.any, &endpoint.length)
                      : getsockname(slot->fd, &endpoint.address.any, &endpoint.length);
  return failed ? NULL : address_object(env, &endpoint);
}

CALL(descriptor) {
  ENTER;
  struct ln_slot *slot = slot_of(&call);
  return number(env, slot == NULL || slot->flags & LN_DEAD ? -1 : (int32_t)slot->fd);
}

CALL(set_low) {
  ENTER;
  struct ln_slot *slot = slot_of(&call);
  if (slot != NULL) slot->low = to_int(env, call.arguments[2]);
  return NULL;
}

CALL(set_no_delay) {
  ENTER;
  struct ln_slot *slot = slot_of(&call);
  int on = to_int(env, call.arguments[2]);
  if (slot != NULL && !(slot->flags & LN_DEAD))
    setsockopt(slot->fd, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on);
  return NULL;
}

CALL(set_keep_alive) {
  ENTER;
  struct ln_slot *slot = slot_of(&call);
  int on = to_int(env, call.arguments[2]), delay = to_int(env, call.arguments[3]);
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

/* ---- making ---- */

static const struct ln_poller *const pollers[] = {
#if defined(__linux__)
    &ln_poller_epoll,
    &ln_poller_uring,
#elif defined(LN_HAVE_KQUEUE)
    &ln_poller_kqueue,
#endif
    &ln_poller_uv,
};
#define POLLER_COUNT (sizeof pollers / sizeof *pollers)

static const struct ln_poller *poller_named(const char *name) {
  for (size_t i = 0; i < POLLER_COUNT; i++)
    if (strcmp(pollers[i]->name, name) == 0) return pollers[i];
  return NULL;
}

/* The data of the typed array `name` of the shared memory; NULL unless it has `size` bytes. */
static void *shared(napi_env env, napi_value memory, const char *name, size_t size) {
  napi_value array, buffer;
  void *data = NULL;
  size_t actual = 0;
  if (napi_get_named_property(env, memory, name, &array) != napi_ok) return NULL;
  if (napi_get_typedarray_info(env, array, NULL, NULL, &data, &buffer, NULL) != napi_ok) return NULL;
  if (napi_get_arraybuffer_info(env, buffer, NULL, &actual) != napi_ok || actual != size) return NULL;
  return data;
}

static bool share(napi_env env, napi_value memory, struct ln_port *port) {
  port->events = shared(env, memory, "events", sizeof(int32_t) * 4 * LN_EVENTS);
  port->queue = shared(env, memory, "queue", sizeof(int32_t) * 4 * (1 + LN_QUEUE));
  port->pending = shared(env, memory, "pending", sizeof(int32_t) * LN_SLOTS);
  port->out = shared(env, memory, "out", LN_OUT);
  port->slab = shared(env, memory, "slab", LN_SLAB);
  return port->events != NULL && port->queue != NULL && port->pending != NULL && port->out != NULL && port->slab != NULL;
}

/* open(backend, busyPollUs, memory, callback): a port, or a negative error. */
CALL(open_port) {
  napi_value arguments[4], result, name;
  size_t count = 4;
  char backend[16] = "";
  uv_loop_t *loop = NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_string_utf8(env, arguments[0], backend, sizeof backend, NULL);
  const struct ln_poller *poller = poller_named(backend);
  if (poller == NULL || napi_get_uv_event_loop(env, &loop) != napi_ok) return number(env, UV_ENOTSUP);

  struct binding *binding = calloc(1, sizeof *binding);
  if (binding == NULL) return number(env, UV_ENOMEM);
  struct ln_port *port = &binding->port;
  if (!share(env, arguments[2], port)) {
    free(binding);
    return number(env, UV_EINVAL);
  }
  binding->env = env;
  port->binding = binding;
  port->deliver = deliver;
  port->gone = on_port_gone;
  port->busy_poll_ns = (uint64_t)to_int(env, arguments[1]) * 1000;
  napi_create_reference(env, arguments[2], 1, &binding->memory);
  napi_create_reference(env, arguments[3], 1, &binding->callback);
  name = text(env, "loop.selector", NAPI_AUTO_LENGTH);
  napi_async_init(env, arguments[2], name, &binding->context);
  napi_add_async_cleanup_hook(env, on_env_end, binding, &binding->hook);

  int error = ln_port_open(port, loop, poller);
  if (error != 0) {
    binding->let_go = true; /* JavaScript never had it. */
    if (port->open_handles > 0) ln_port_close(port);
    else on_port_gone(port);
    return number(env, error);
  }
  napi_create_external(env, binding, on_let_go, NULL, &result);
  napi_type_tag_object(env, result, &port_tag);
  return result;
}

/* make(kind): descriptors, or a negative error. */
CALL(make_descriptors) {
  napi_value argument, result;
  size_t count = 1;
  char kind[16] = "";
  int fds[2] = {-1, -1};
  int error = UV_EINVAL;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_string_utf8(env, argument, kind, sizeof kind, NULL);
  if (strcmp(kind, "pipe") == 0) error = ln_make_pipe(fds);
  else if (strcmp(kind, "socketpair") == 0) error = ln_make_socket_pair(fds);
  else if (strcmp(kind, "terminal") == 0) error = ln_make_terminal(fds);
  else if (strcmp(kind, "eventfd") == 0) error = ln_make_eventfd(fds);
  if (error != 0) return number(env, error);
  napi_create_array(env, &result);
  for (uint32_t i = 0; i < 2 && fds[i] >= 0; i++) napi_set_element(env, result, i, number(env, fds[i]));
  return result;
}

static napi_value backend_names(napi_env env) {
  napi_value result;
  napi_create_array(env, &result);
  for (uint32_t i = 0; i < POLLER_COUNT; i++)
    napi_set_element(env, result, i, text(env, pollers[i]->name, NAPI_AUTO_LENGTH));
  return result;
}

/* The numbers of the header that src/layout.ts repeats. */
static napi_value layout(napi_env env) {
  const struct {
    const char *name;
    int32_t value;
  } entries[] = {{"events", LN_EVENTS},     {"queue", LN_QUEUE},         {"out", LN_OUT},
                 {"slab", LN_SLAB},         {"slotBits", LN_SLOT_BITS},  {"writeMax", LN_WRITE_MAX},
                 {"address", LN_ADDRESS},   {"ready", LN_READY},         {"accepted", LN_ACCEPTED},
                 {"acceptFailed", LN_ACCEPT_FAILED}, {"connected", LN_CONNECTED}, {"data", LN_DATA},
                 {"dataSmall", LN_DATA_SMALL}, {"dataLarge", LN_DATA_LARGE},
                 {"smallBlock", LN_SMALL_BLOCK}, {"largeBlock", LN_LARGE_BLOCK}, {"smallMax", LN_SMALL_MAX},
                 {"readMax", LN_READ_MAX},  {"calls", LN_CALL_POLL + 1},
                 {"opBorrow", LN_OP_BORROW}, {"opKeep", LN_OP_KEEP},
                 {"eof", LN_EOF},           {"drained", LN_DRAINED},     {"datagram", LN_DATAGRAM},
                 {"failed", LN_FAILED},     {"closed", LN_CLOSED},       {"opWrite", LN_OP_WRITE},
                 {"opEnd", LN_OP_END},      {"opClose", LN_OP_CLOSE},    {"opAbort", LN_OP_ABORT},
                 {"opPause", LN_OP_PAUSE},  {"opResume", LN_OP_RESUME},  {"reusePort", LN_REUSE_PORT},
                 {"ipv6Only", LN_IPV6_ONLY}, {"broadcast", LN_BROADCAST}};
  napi_value result;
  napi_create_object(env, &result);
  for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
    set(env, result, entries[i].name, number(env, entries[i].value));
  return result;
}

NAPI_MODULE_INIT() {
  const struct {
    const char *name;
    napi_callback call;
  } calls[] = {{"open", open_port},       {"backend", backend},        {"close", close_port},      {"arm", arm},
               {"wake", wake},            {"take", take},             {"flush", flush},
               {"watch", watch},          {"change", change},         {"drop", drop},
               {"listen", listen_on},     {"connect", connect_to},    {"datagram", datagram},
               {"write", write_now},      {"send", send_to},          {"address", address},
               {"descriptor", descriptor}, {"provide", provide},      {"setLow", set_low},       {"setNoDelay", set_no_delay},
               {"setKeepAlive", set_keep_alive}, {"make", make_descriptors}};
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    napi_value function;
    napi_create_function(env, calls[i].name, NAPI_AUTO_LENGTH, calls[i].call, NULL, &function);
    set(env, exports, calls[i].name, function);
  }
  set(env, exports, "backends", backend_names(env));
  set(env, exports, "layout", layout(env));
  set(env, exports, "sourceHash", text(env, LN_SOURCE_HASH, NAPI_AUTO_LENGTH));
  return exports;
}
