/*
 * Node builds the contexts: certificates, ciphers, versions, tickets and authorities are its own reading of the options of
 * node:tls. OpenSSL reports each new SSL_CTX to whoever registered extra data for that class, which is how the one that
 * `tls.createSecureContext` makes is found: the call happens between two moments of one thread.
 *
 * JavaScript keeps the SecureContext alive as long as the context here: some of its callbacks belong to that object.
 */
#define LN_LAYER LN_LAYER_TLS

#include <stdlib.h>
#include <string.h>

#include "tls.h"

static _Thread_local struct {
  bool watching;
  int made;
  SSL_CTX *last;
} seen;

static void on_new_context(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index, long number, void *argument) {
  (void)pointer, (void)data, (void)index, (void)number, (void)argument;
  if (!seen.watching) return;
  seen.made++;
  seen.last = parent;
}

static void watch(void) { openssl.CRYPTO_get_ex_new_index(LN_EX_INDEX_SSL_CTX, 0, NULL, on_new_context, NULL, NULL); }

void ln_tls_watch_contexts(void) {
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, watch);
}

SSL_CTX *ln_tls_context_made_by(void (*make)(void *), void *data) {
  seen.made = 0;
  seen.watching = true;
  make(data);
  seen.watching = false;
  return seen.made == 1 ? seen.last : NULL;
}

/* The first of our protocols that the client names too; with none in common the handshake fails, as RFC 7301 wants. */
static int select_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *length, const unsigned char *offered,
                           unsigned int offered_length, void *argument) {
  (void)ssl;
  const struct ln_tls_context *context = argument;
  unsigned char *found = NULL;
  int result = openssl.SSL_select_next_proto(&found, length, context->protocols, context->protocols_length, offered,
                                             offered_length);
  *chosen = found;
  return result == LN_OPENSSL_NPN_NEGOTIATED ? LN_SSL_TLSEXT_ERR_OK : LN_SSL_TLSEXT_ERR_ALERT_FATAL;
}

struct ln_tls_context *ln_tls_context_new(SSL_CTX *ssl_ctx, bool server, const unsigned char *protocols, size_t length) {
  struct ln_tls_context *context = calloc(1, sizeof *context);
  if (context == NULL) return NULL;
  if (length > 0) {
    context->protocols = malloc(length);
    if (context->protocols == NULL) {
      free(context);
      return NULL;
    }
    memcpy(context->protocols, protocols, length);
    context->protocols_length = (unsigned int)length;
    if (server) openssl.SSL_CTX_set_alpn_select_cb(ssl_ctx, select_protocol, context);
  }
  openssl.SSL_CTX_up_ref(ssl_ctx);
  context->ssl_ctx = ssl_ctx;
  context->references = 1;
  return context;
}

void ln_tls_context_release(struct ln_tls_context *context) {
  if (--context->references > 0) return;
  openssl.SSL_CTX_free(context->ssl_ctx);
  free(context->protocols);
  free(context);
}
