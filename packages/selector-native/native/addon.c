/* The module: its functions, and the numbers that src/layout.ts repeats. */
#define LN_LAYER LN_LAYER_BINDING

#include <stdlib.h>

#include "binding.h"

#if !defined(LN_SOURCE_HASH)
#define LN_SOURCE_HASH "unknown"
#endif

static napi_value backend_names(napi_env env) {
  napi_value result;
  napi_create_array(env, &result);
  for (uint32_t i = 0; i < ln_poller_count; i++)
    napi_set_element(env, result, i, ln_text(env, ln_pollers[i]->name, NAPI_AUTO_LENGTH));
  return result;
}

/* The numbers of the header that src/layout.ts repeats. */
static napi_value layout(napi_env env) {
  const struct {
    const char *name;
    int32_t value;
  } entries[] = {{"events", LN_EVENTS},     {"queue", LN_QUEUE},         {"out", LN_OUT},
                 {"slab", LN_SLAB},         {"slotBits", LN_SLOT_BITS},  {"writeMax", LN_WRITE_MAX},
                 {"address", LN_ADDRESS},   {"peer", LN_PEER}, {"ready", LN_READY},         {"accepted", LN_ACCEPTED},
                 {"acceptFailed", LN_ACCEPT_FAILED}, {"connected", LN_CONNECTED}, {"data", LN_DATA},
                 {"calls", LN_CALL_POLL + 1}, {"arrived", LN_ARRIVED},
                 {"opPull", LN_OP_PULL},    {"opPush", LN_OP_PUSH},
                 {"eof", LN_EOF},           {"drained", LN_DRAINED},     {"datagram", LN_DATAGRAM},
                 {"failed", LN_FAILED},     {"closed", LN_CLOSED},       {"opWrite", LN_OP_WRITE},
                 {"opEnd", LN_OP_END},      {"opClose", LN_OP_CLOSE},    {"opAbort", LN_OP_ABORT},
                 {"opPause", LN_OP_PAUSE},  {"opResume", LN_OP_RESUME},  {"reusePort", LN_REUSE_PORT},
                 {"ipv6Only", LN_IPV6_ONLY}, {"broadcast", LN_BROADCAST},
                 {"sendBuffer", LN_SEND_BUFFER}, {"receiveBuffer", LN_RECEIVE_BUFFER}, {"ttl", LN_TTL},
                 {"tlsSecured", LN_TLS_SECURED}, {"tlsFailed", LN_TLS_FAILED}};
  napi_value result;
  napi_create_object(env, &result);
  for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
    ln_set(env, result, entries[i].name, ln_number(env, entries[i].value));
  return result;
}

static void free_probe(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  free(data);
}

/* Whether this runtime has buffers over memory of addons: those that keep V8 in a sandbox, as Electron does, have none. */
static bool has_external_buffers(napi_env env) {
  napi_value buffer;
  void *probe = malloc(8);
  if (probe != NULL && napi_create_external_arraybuffer(env, probe, 8, free_probe, NULL, &buffer) == napi_ok) return true;
  free(probe);
  return false;
}

NAPI_MODULE_INIT() {
  const struct {
    const char *name;
    napi_callback call;
  } calls[] = {{"open", ln_call_open},       {"backend", ln_call_backend},        {"close", ln_call_close}, {"slab", ln_call_slab},      {"arm", ln_call_arm},
               {"wake", ln_call_wake},            {"take", ln_call_take},             {"flush", ln_call_flush},
               {"watch", ln_call_watch},          {"change", ln_call_change},         {"drop", ln_call_drop},
               {"listen", ln_call_listen}, {"adopt", ln_call_adopt},     {"connect", ln_call_connect},    {"datagram", ln_call_datagram},
               {"write", ln_call_write}, {"receive", ln_call_receive}, {"sendFile", ln_call_send_file},      {"send", ln_call_send},          {"address", ln_call_address},
               {"descriptor", ln_call_descriptor}, {"setLow", ln_call_set_low},       {"setNoDelay", ln_call_set_no_delay},
               {"setKeepAlive", ln_call_set_keep_alive}, {"option", ln_call_option}, {"make", ln_call_make},
               {"rawRead", ln_call_raw_read}, {"rawWrite", ln_call_raw_write}, {"rawClose", ln_call_raw_close},
               {"refusal", ln_call_refusal},      {"refuseRings", ln_call_refuse_rings}, {"formatPeer", ln_call_format_peer},
               {"tlsLoad", ln_call_tls_load}, {"tlsContext", ln_call_tls_context}, {"tlsBegin", ln_call_tls_begin},
               {"tlsFacts", ln_call_tls_facts}, {"tlsCertificates", ln_call_tls_certificates},
               {"tlsSession", ln_call_tls_session}, {"tlsVerifyText", ln_call_tls_verify_text}};
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    napi_value function;
    napi_create_function(env, calls[i].name, NAPI_AUTO_LENGTH, calls[i].call, NULL, &function);
    ln_set(env, exports, calls[i].name, function);
  }
  napi_value external_buffers;
  napi_get_boolean(env, has_external_buffers(env), &external_buffers);
  ln_set(env, exports, "externalBuffers", external_buffers);
  ln_set(env, exports, "backends", backend_names(env));
  ln_set(env, exports, "layout", layout(env));
  ln_set(env, exports, "sourceHash", ln_text(env, LN_SOURCE_HASH, NAPI_AUTO_LENGTH));
  return exports;
}
