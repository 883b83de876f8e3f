/*
 * What the files of the Node-API face share. One function for each call of src/binding.ts; arguments are checked in
 * TypeScript, here only what memory safety needs. Calls that the system can refuse return an id or a negative libuv error.
 */
#ifndef LOOP_NATIVE_BINDING_H
#define LOOP_NATIVE_BINDING_H

#define NAPI_VERSION 8
#include <node_api.h>

#include "engine.h"

/* An engine and what JavaScript holds of it. Freed when JavaScript has let go and the engine's handles are closed. */
struct binding {
  struct ln_engine engine;
  napi_env env;
  napi_ref callback, memory;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  bool let_go, engine_gone;
  int slab_buffers; /* array buffers over the slab that are not collected */
};

extern const napi_type_tag ln_engine_tag;

#define LN_MAX_ARGUMENTS 7

struct ln_call_info {
  napi_env env;
  napi_value arguments[LN_MAX_ARGUMENTS];
  struct ln_engine *engine;
};

/* Reads the arguments, the first of which is an engine; false when it is none or closed, with an exception thrown. */
bool ln_enter(struct ln_call_info *call, napi_env env, napi_callback_info info);
/* The slot that the second argument names. */
struct ln_slot *ln_slot_of(struct ln_call_info *call);
/* The bytes of the third argument. */
bool ln_bytes_of(struct ln_call_info *call, char **bytes, size_t *length);
/* Host and port, or a path where the port is -1; an empty host gives an empty endpoint. */
int ln_to_endpoint(napi_env env, napi_value host, napi_value engine, struct ln_endpoint *endpoint);

#define CALL(name) napi_value name(napi_env env, napi_callback_info info)
#define ENTER \
  struct ln_call_info call; \
  if (!ln_enter(&call, env, info)) return NULL

napi_value ln_number(napi_env env, int32_t value);
int32_t ln_to_int(napi_env env, napi_value value);
napi_value ln_text(napi_env env, const char *value, size_t length);
void ln_set(napi_env env, napi_value object, const char *name, napi_value value);

/* binding_life.c */
CALL(ln_call_open);
CALL(ln_call_close);
CALL(ln_call_slab);

/* binding_calls.c: waiting, raw descriptors, transfers */
CALL(ln_call_backend);
CALL(ln_call_refusal);
CALL(ln_call_refuse_rings);
CALL(ln_call_arm);
CALL(ln_call_wake);
CALL(ln_call_take);
CALL(ln_call_flush);
CALL(ln_call_watch);
CALL(ln_call_change);
CALL(ln_call_drop);
CALL(ln_call_write);
CALL(ln_call_receive);
CALL(ln_call_send_file);
CALL(ln_call_send);
CALL(ln_call_make);
CALL(ln_call_raw_read);
CALL(ln_call_raw_write);
CALL(ln_call_raw_close);

/* binding_sockets.c: opening sockets, their addresses and options */
CALL(ln_call_listen);
CALL(ln_call_adopt);
CALL(ln_call_connect);
CALL(ln_call_datagram);
CALL(ln_call_address);
CALL(ln_call_format_peer);
CALL(ln_call_descriptor);
CALL(ln_call_set_low);
CALL(ln_call_set_no_delay);
CALL(ln_call_set_keep_alive);
CALL(ln_call_option);

/* tls_binding.c */
CALL(ln_call_tls_load);
CALL(ln_call_tls_context);
CALL(ln_call_tls_begin);
CALL(ln_call_tls_facts);
CALL(ln_call_tls_certificates);
CALL(ln_call_tls_session);
CALL(ln_call_tls_verify_text);

#endif
