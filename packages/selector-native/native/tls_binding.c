/* Calls: TLS contexts, sessions, and what is known of them. */
#define LN_LAYER LN_LAYER_BINDING

#include <string.h>

#include "binding.h"

static const napi_type_tag context_tag = {0x6c6f6f702d746c73, 0x2d636f6e74657874};

/*
 * tlsLoad(path of this binary): undefined, or what is missing for TLS here. OpenSSL keeps pointers into this binary from
 * then on, so it is opened once more and never closed: a worker that loaded it first may end.
 */
CALL(ln_call_tls_load) {
  napi_value argument;
  size_t count = 1, length = 0;
  char path[4096] = "";
  uv_lib_t pinned;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  const char *missing = ln_openssl_load();
  if (missing != NULL) return ln_text(env, missing, NAPI_AUTO_LENGTH);
  if (napi_get_value_string_utf8(env, argument, path, sizeof path, &length) != napi_ok || length + 1 >= sizeof path ||
      uv_dlopen(path, &pinned) != 0)
    return ln_text(env, "a lasting hold on the addon", NAPI_AUTO_LENGTH);
  ln_tls_watch_contexts();
  return NULL;
}

struct making {
  napi_env env;
  napi_value make;
};

static void call_make(void *data) {
  struct making *making = data;
  napi_value undefined;
  napi_get_undefined(making->env, &undefined);
  napi_call_function(making->env, undefined, making->make, 0, NULL, NULL);
}

static void on_context_let_go(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  ln_tls_context_release(data);
}

static bool typed_bytes(napi_env env, napi_value value, const unsigned char **bytes, size_t *length) {
  void *data = NULL;
  if (napi_get_typedarray_info(env, value, NULL, length, &data, NULL, NULL) != napi_ok) return false;
  *bytes = data;
  return true;
}

/* tlsContext(make, server, protocols): the context that `make` has Node create; undefined when it was not seen. */
CALL(ln_call_tls_context) {
  napi_value arguments[3], result;
  size_t count = 3, length = 0;
  const unsigned char *protocols = NULL;
  bool failed = false;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  if (ln_openssl_load() != NULL || !typed_bytes(env, arguments[2], &protocols, &length)) return NULL;
  struct making making = {.env = env, .make = arguments[0]};
  SSL_CTX *made = ln_tls_context_made_by(call_make, &making);
  if (napi_is_exception_pending(env, &failed) != napi_ok || failed || made == NULL) return NULL;
  struct ln_tls_context *context = ln_tls_context_new(made, ln_to_int(env, arguments[1]) != 0, protocols, length);
  if (context == NULL) return NULL;
  napi_create_external(env, context, on_context_let_go, NULL, &result);
  napi_type_tag_object(env, result, &context_tag);
  return result;
}

/* tlsBegin(engine, id, context, flags, servername, session, given): 0 or a negative error. */
CALL(ln_call_tls_begin) {
  ENTER;
  bool tagged = false;
  void *context = NULL;
  char name[256]; /* a host name has at most 253 characters */
  size_t name_length = 0;
  struct ln_slot *slot = ln_slot_of(&call);
  if (slot == NULL || slot->kind != LN_CONNECTION || slot->flags & (LN_DEAD | LN_CONNECTING) || slot->tls != NULL)
    return ln_number(env, UV_EBADF);
  if (napi_check_object_type_tag(env, call.arguments[2], &context_tag, &tagged) != napi_ok || !tagged)
    return ln_number(env, UV_EINVAL);
  napi_get_value_external(env, call.arguments[2], &context);
  int32_t flags = ln_to_int(env, call.arguments[3]);
  struct ln_tls_options options = {
      .server = flags & LN_TLS_FLAG_SERVER,
      .request_certificate = flags & LN_TLS_FLAG_REQUEST,
      .require_certificate = flags & LN_TLS_FLAG_REQUIRE,
      .protocols = ((struct ln_tls_context *)context)->protocols,
      .protocols_length = ((struct ln_tls_context *)context)->protocols_length,
  };
  if (napi_get_value_string_utf8(env, call.arguments[4], name, sizeof name, &name_length) != napi_ok ||
      name_length + 1 >= sizeof name || !typed_bytes(env, call.arguments[5], &options.session, &options.session_length) ||
      !typed_bytes(env, call.arguments[6], &options.given, &options.given_length))
    return ln_number(env, UV_EINVAL);
  if (name_length > 0) options.servername = name;
  return ln_number(env, ln_tls_begin(call.engine, slot, context, &options));
}

static struct ln_tls *session_of(struct ln_call_info *call) {
  struct ln_slot *slot = ln_slot_of(call);
  return slot == NULL ? NULL : slot->tls;
}

static void set_text(napi_env env, napi_value object, const char *name, const char *value) {
  if (value != NULL) ln_set(env, object, name, ln_text(env, value, NAPI_AUTO_LENGTH));
}

/* tlsFacts(engine, id): what was agreed on; undefined when the session is gone. */
CALL(ln_call_tls_facts) {
  ENTER;
  struct ln_tls *tls = session_of(&call);
  if (tls == NULL) return NULL;
  napi_value result;
  napi_create_object(env, &result);
  set_text(env, result, "protocol", openssl.SSL_get_version(tls->ssl));
  set_text(env, result, "servername", openssl.SSL_get_servername(tls->ssl, 0));
  const SSL_CIPHER *cipher = openssl.SSL_get_current_cipher(tls->ssl);
  if (cipher != NULL) {
    set_text(env, result, "cipher", openssl.SSL_CIPHER_get_name(cipher));
    set_text(env, result, "standardName", openssl.SSL_CIPHER_standard_name(cipher));
    set_text(env, result, "cipherVersion", openssl.SSL_CIPHER_get_version(cipher));
  }
  const unsigned char *protocol = NULL;
  unsigned int length = 0;
  openssl.SSL_get0_alpn_selected(tls->ssl, &protocol, &length);
  if (length > 0) ln_set(env, result, "alpn", ln_text(env, (const char *)protocol, length));
  ln_set(env, result, "reused", ln_number(env, openssl.SSL_session_reused(tls->ssl)));
  return result;
}

static void add_certificate(napi_env env, napi_value list, uint32_t *count, const X509 *certificate) {
  napi_value buffer;
  void *data = NULL;
  int length = openssl.i2d_X509(certificate, NULL);
  if (length <= 0 || napi_create_buffer(env, (size_t)length, &data, &buffer) != napi_ok) return;
  unsigned char *end = data;
  openssl.i2d_X509(certificate, &end);
  napi_set_element(env, list, (*count)++, buffer);
}

/* tlsCertificates(engine, id): the peer's, its own first, then those it sent with it; DER. */
CALL(ln_call_tls_certificates) {
  ENTER;
  struct ln_tls *tls = session_of(&call);
  if (tls == NULL) return NULL;
  napi_value result;
  uint32_t count = 0;
  napi_create_array(env, &result);
  X509 *own = openssl.SSL_get1_peer_certificate(tls->ssl);
  if (own == NULL) return result;
  add_certificate(env, result, &count, own);
  const OPENSSL_STACK *chain = (const OPENSSL_STACK *)openssl.SSL_get_peer_cert_chain(tls->ssl);
  for (int i = 0; chain != NULL && i < openssl.OPENSSL_sk_num(chain); i++) {
    const X509 *certificate = openssl.OPENSSL_sk_value(chain, i);
    if (certificate != own) add_certificate(env, result, &count, certificate);
  }
  openssl.X509_free(own);
  return result;
}

/* tlsSession(engine, id): what a later connection can be resumed with. */
CALL(ln_call_tls_session) {
  ENTER;
  struct ln_tls *tls = session_of(&call);
  SSL_SESSION *session = tls == NULL ? NULL : openssl.SSL_get1_session(tls->ssl);
  if (session == NULL) return NULL;
  napi_value result = NULL;
  void *data = NULL;
  int length = openssl.i2d_SSL_SESSION(session, NULL);
  if (length > 0 && napi_create_buffer(env, (size_t)length, &data, &result) == napi_ok) {
    unsigned char *end = data;
    openssl.i2d_SSL_SESSION(session, &end);
  }
  openssl.SSL_SESSION_free(session);
  return result;
}

/* tlsVerifyText(number): what verification found, in words. */
CALL(ln_call_tls_verify_text) {
  napi_value argument;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  return ln_openssl_load() == NULL ? ln_text(env, openssl.X509_verify_cert_error_string(ln_to_int(env, argument)), NAPI_AUTO_LENGTH) : NULL;
}
