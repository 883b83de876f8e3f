/* Calls: waiting, raw descriptors, transfers, making descriptors. */
#define LN_LAYER LN_LAYER_BINDING

#include <string.h>

#include "binding.h"

/* The backend in use: another than asked for where the kernel refused that. */
CALL(ln_call_backend) {
  ENTER;
  return ln_text(env, call.engine->poller->name, NAPI_AUTO_LENGTH);
}

/* Why it is another; 0 when it is the one asked for. */
CALL(ln_call_refusal) {
  ENTER;
  return ln_number(env, call.engine->refusal);
}

/* refuseRings(error): for tests, as ln_ring_refuse. */
CALL(ln_call_refuse_rings) {
  napi_value argument;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  ln_ring_refuse(ln_to_int(env, argument));
  return NULL;
}

CALL(ln_call_arm) {
  ENTER;
  double timeout = -1;
  napi_get_value_double(env, call.arguments[1], &timeout);
  ln_engine_arm(call.engine, timeout);
  return NULL;
}

CALL(ln_call_wake) {
  ENTER;
  ln_engine_wake(call.engine);
  return NULL;
}

CALL(ln_call_take) {
  ENTER;
  return ln_number(env, ln_take(call.engine));
}

CALL(ln_call_flush) {
  ENTER;
  ln_flush(call.engine);
  return NULL;
}

CALL(ln_call_watch) {
  ENTER;
  unsigned interest = (unsigned)ln_to_int(env, call.arguments[2]);
  struct ln_slot *slot = ln_slot_new(call.engine, LN_DESCRIPTOR, (ln_fd)ln_to_int(env, call.arguments[1]));
  if (slot == NULL) return ln_number(env, UV_ENFILE);
  int error = call.engine->poller->watch(call.engine, slot, interest, false);
  if (error != 0) {
    ln_slot_free(call.engine, slot);
    return ln_number(env, error);
  }
  slot->interest = (uint8_t)interest;
  return ln_number(env, ln_slot_id(call.engine, slot));
}

CALL(ln_call_change) {
  ENTER;
  struct ln_slot *slot = ln_slot_of(&call);
  if (slot == NULL) return ln_number(env, UV_EBADF);
  unsigned interest = (unsigned)ln_to_int(env, call.arguments[2]);
  int error = call.engine->poller->change(call.engine, slot, interest);
  if (error == 0) slot->interest = (uint8_t)interest;
  return ln_number(env, error);
}

/* Ends a descriptor's registration, or a listener together with its socket. */
CALL(ln_call_drop) {
  ENTER;
  struct ln_slot *slot = ln_slot_of(&call);
  if (slot == NULL || (slot->kind != LN_DESCRIPTOR && slot->kind != LN_LISTENER)) return NULL;
  call.engine->poller->unwatch(call.engine, slot);
  if (slot->kind == LN_LISTENER) ln_os_close(slot->fd);
  ln_slot_free(call.engine, slot);
  return NULL;
}

/* A write too large to be copied: sent from the caller's memory. Nothing of this connection may be queued. */
CALL(ln_call_write) {
  ENTER;
  struct ln_span span = {0};
  size_t length = 0;
  if (!ln_bytes_of(&call, &span.bytes, &length)) return NULL;
  struct ln_slot *slot = ln_slot_of(&call);
  if (slot == NULL || slot->flags & LN_DEAD || length == 0) return NULL;
  span.length = length;
  call.engine->pending[ln_slot_index(call.engine, slot)] += (double)length;
  if (slot->tls != NULL) ln_tls_send(call.engine, slot, &span, 1);
  else ln_send(call.engine, slot, &span, 1);
  return NULL;
}

/* receive(engine, id, bytes): into the program's memory; as ln_receive_into. */
CALL(ln_call_receive) {
  ENTER;
  char *bytes = NULL;
  size_t length = 0;
  struct ln_slot *slot = ln_slot_of(&call);
  if (slot == NULL || !ln_bytes_of(&call, &bytes, &length) || length == 0) return ln_number(env, UV_EAGAIN);
  return ln_number(env, ln_receive_into(call.engine, slot, bytes, length));
}

/* sendFile(engine, id, file, offset, length): as ln_send_file. */
CALL(ln_call_send_file) {
  ENTER;
  struct ln_slot *slot = ln_slot_of(&call);
  double offset = 0;
  napi_get_value_double(env, call.arguments[3], &offset);
  if (slot == NULL || slot->kind != LN_CONNECTION || slot->flags & LN_DEAD) return ln_number(env, UV_EPIPE);
  int length = ln_to_int(env, call.arguments[4]);
  return ln_number(env, ln_send_file(call.engine, slot, ln_to_int(env, call.arguments[2]), (int64_t)offset, (size_t)length));
}

CALL(ln_call_send) {
  ENTER;
  char *bytes = NULL;
  size_t length = 0;
  struct ln_endpoint to;
  int error = ln_to_endpoint(env, call.arguments[3], call.arguments[4], &to);
  if (error != 0) return ln_number(env, error);
  struct ln_slot *slot = ln_slot_of(&call);
  if (!ln_bytes_of(&call, &bytes, &length) || slot == NULL || slot->flags & LN_DEAD) return ln_number(env, UV_EBADF);
  return ln_number(env, ln_datagram_send(call.engine, slot, bytes, length, &to));
}

/* make(kind): descriptors, or a negative error. */
CALL(ln_call_make) {
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
  if (error != 0) return ln_number(env, error);
  napi_create_array(env, &result);
  for (uint32_t i = 0; i < 2 && fds[i] >= 0; i++) napi_set_element(env, result, i, ln_number(env, fds[i]));
  return result;
}

/* rawRead(fd, bytes), rawWrite(fd, bytes): how many bytes, or a negative error; rawClose(fd). */
static napi_value raw_transfer(napi_env env, napi_callback_info info, int64_t (*transfer)(ln_fd, char *, size_t)) {
  napi_value arguments[2];
  size_t count = 2, length = 0;
  void *bytes = NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  if (napi_get_typedarray_info(env, arguments[1], NULL, &length, &bytes, NULL, NULL) != napi_ok) return ln_number(env, UV_EINVAL);
  return ln_number(env, (int32_t)transfer((ln_fd)ln_to_int(env, arguments[0]), bytes, length));
}

CALL(ln_call_raw_read) { return raw_transfer(env, info, ln_raw_read); }
CALL(ln_call_raw_write) { return raw_transfer(env, info, ln_raw_write); }

CALL(ln_call_raw_close) {
  napi_value argument;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  ln_raw_close((ln_fd)ln_to_int(env, argument));
  return NULL;
}
