/* How TLS sessions begin, and how OpenSSL reaches the memory that they use: see tls.h. */
#define LN_LAYER LN_LAYER_TLS

#include <stdlib.h>
#include <string.h>

#include "tls.h"

/* ---- OpenSSL's way to our memory ---- */

static int bio_read(BIO *bio, char *bytes, int length) {
  struct ln_tls *tls = openssl.BIO_get_data(bio);
  openssl.BIO_clear_flags(bio, LN_BIO_FLAGS_RETRY);
  if (tls->in_left == 0) {
    openssl.BIO_set_flags(bio, LN_BIO_FLAGS_READ | LN_BIO_FLAGS_SHOULD_RETRY);
    return -1;
  }
  size_t n = (size_t)length < tls->in_left ? (size_t)length : tls->in_left;
  memcpy(bytes, tls->in, n);
  tls->in += n;
  tls->in_left -= n;
  return (int)n;
}

static int bio_write(BIO *bio, const char *bytes, int length) {
  struct ln_tls *tls = openssl.BIO_get_data(bio);
  openssl.BIO_clear_flags(bio, LN_BIO_FLAGS_RETRY);
  return ln_unsent_append(&tls->engine->tls_out, bytes, (size_t)length) == 0 ? length : -1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == LN_BIO_CTRL_FLUSH;
}

static const BIO_METHOD *bio_method;

static void make_bio_method(void) {
  BIO_METHOD *method = openssl.BIO_meth_new(LN_BIO_TYPE_SOURCE_SINK, "loop");
  if (method == NULL) return;
  openssl.BIO_meth_set_read(method, bio_read);
  openssl.BIO_meth_set_write(method, bio_write);
  openssl.BIO_meth_set_ctrl(method, bio_control);
  bio_method = method;
}

/* ---- beginning and ending ---- */

/* Goes on whatever verification finds: the result is kept, and emitted when the handshake is done. */
static int go_on(int ok, X509_STORE_CTX *store) {
  (void)ok, (void)store;
  return 1;
}

static bool resume_session(SSL *ssl, const struct ln_tls_options *options) {
  if (options->session_length == 0) return true;
  const unsigned char *bytes = options->session;
  SSL_SESSION *session = openssl.d2i_SSL_SESSION(NULL, &bytes, (long)options->session_length);
  if (session == NULL) return false;
  bool set = openssl.SSL_set_session(ssl, session) == 1;
  openssl.SSL_SESSION_free(session);
  return set;
}

static bool set_up_client(SSL *ssl, const struct ln_tls_options *options) {
  openssl.SSL_set_connect_state(ssl);
  openssl.SSL_set_verify(ssl, LN_SSL_VERIFY_NONE, go_on);
  if (options->servername != NULL &&
      openssl.SSL_ctrl(ssl, LN_SSL_CTRL_SET_HOSTNAME, 0, (void *)(uintptr_t)options->servername) != 1)
    return false;
  if (options->protocols_length > 0 &&
      openssl.SSL_set_alpn_protos(ssl, options->protocols, (unsigned int)options->protocols_length) != 0)
    return false;
  return resume_session(ssl, options);
}

static void set_up_server(SSL *ssl, const struct ln_tls_options *options) {
  openssl.SSL_set_accept_state(ssl);
  int mode = options->request_certificate ? LN_SSL_VERIFY_PEER : LN_SSL_VERIFY_NONE;
  if (options->request_certificate && options->require_certificate) mode |= LN_SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  openssl.SSL_set_verify(ssl, mode, go_on);
}

static bool open_session(struct ln_tls *tls, const struct ln_tls_options *options) {
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, make_bio_method);
  BIO *bio = bio_method == NULL ? NULL : openssl.BIO_new(bio_method);
  if (bio == NULL) return false;
  openssl.BIO_set_data(bio, tls);
  openssl.BIO_set_init(bio, 1);
  openssl.SSL_set_bio(tls->ssl, bio, bio); /* Both directions through one: it is freed with the session. */
  openssl.SSL_set_options(tls->ssl, LN_SSL_OP_NO_RENEGOTIATION);
  openssl.SSL_ctrl(tls->ssl, LN_SSL_CTRL_MODE, LN_SSL_MODE_RELEASE_BUFFERS, NULL);
  if (!options->server) return set_up_client(tls->ssl, options);
  set_up_server(tls->ssl, options);
  return true;
}

static void free_session(struct ln_tls *tls) {
  openssl.SSL_free(tls->ssl);
  ln_unsent_free(&tls->given);
  ln_tls_context_release(tls->context);
  free(tls);
}

void ln_tls_end_session(struct ln_slot *slot) {
  if (slot->tls == NULL) return;
  free_session(slot->tls);
  slot->tls = NULL;
}

void ln_tls_port_close(struct ln_engine *engine) {
  free(engine->tls_in);
  engine->tls_in = NULL;
  ln_unsent_free(&engine->tls_out);
}

int ln_tls_begin(struct ln_engine *engine, struct ln_slot *slot, struct ln_tls_context *context,
                 const struct ln_tls_options *options) {
  if (engine->tls_in == NULL && (engine->tls_in = malloc(LN_TLS_READ_MAX)) == NULL) return UV_ENOMEM;
  struct ln_tls *tls = calloc(1, sizeof *tls);
  if (tls == NULL) return UV_ENOMEM;
  openssl.ERR_clear_error();
  tls->engine = engine;
  tls->context = context;
  context->references++;
  tls->ssl = openssl.SSL_new(context->ssl_ctx);
  if (tls->ssl == NULL || !open_session(tls, options) ||
      (options->given_length > 0 &&
       ln_unsent_append(&tls->given, (const char *)options->given, options->given_length) != 0)) {
    openssl.ERR_clear_error();
    free_session(tls);
    return UV_EINVAL;
  }
  slot->tls = tls;
  slot->flags &= (uint16_t)~(LN_PULL | LN_LARGE);
  if (!options->server) ln_tls_shake(engine, slot);
  /* What has arrived and was not received, or what JavaScript had received: it is looked at in the next take. */
  if (options->given_length > 0) slot->ready |= LN_READABLE;
  if (slot->ready != 0 && !(slot->flags & LN_DEAD)) {
    ln_slot_work(engine, slot);
    ln_host_soon(engine);
  }
  return 0;
}
