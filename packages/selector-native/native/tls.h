/*
 * TLS beneath the events of a connection.
 *
 *      kernel ──ln_tls_receive──plain text──> ln_emit_data ──> event ring
 *      kernel <───ln_send──── ln_tls_send     <──plain text── operation queue
 *
 * A slot with a session receives and sends cipher text, and everything above it sees plain text: no message costs a call
 * of its own between JavaScript and the addon. OpenSSL reads from and writes to memory through a BIO of our own, whose
 * buffers belong to the engine: an idle connection holds none.
 *
 *      SHAKING ──done──> OPEN ──close──> CLOSING ──peer's end──> slot closed
 *         └───────────────┴─────────────────┴──── failure ─────> slot closed, LN_TLS_FAILED before LN_CLOSED
 *
 * - Verification goes on whatever it finds; JavaScript gets the result with LN_TLS_SECURED and decides.
 * - The peer's close_notify, or its end of file without one, is LN_EOF: writing goes on, as over TCP.
 * - END sends close_notify after what was written, then ends the writing side of the socket.
 * - CLOSE does the same and goes on reading, dropping the bytes, until the peer has ended too: a socket closed with
 *   input unread is reset by the kernel, which would lose what is still to be sent. JavaScript limits the time.
 */
#ifndef LOOP_NATIVE_TLS_H
#define LOOP_NATIVE_TLS_H

#include "sockets.h"
#include "tls_api.h"

#if LN_LAYER < LN_LAYER_TLS
#error "tls.h is of a higher layer than the file that includes it"
#endif

enum ln_tls_state { LN_TLS_SHAKING, LN_TLS_OPEN, LN_TLS_CLOSING, LN_TLS_BROKEN };

/* An SSL_CTX that Node has made, with what its callbacks need. Belongs to one thread. */
struct ln_tls_context {
  SSL_CTX *ssl_ctx;
  int references;
  unsigned char *protocols; /* of ALPN, in the wire's form: each with its length before it */
  unsigned int protocols_length;
};

struct ln_tls {
  SSL *ssl;
  struct ln_engine *engine;
  struct ln_tls_context *context;
  enum ln_tls_state state;
  bool notified;             /* close_notify was sent */
  const char *in;            /* cipher text that OpenSSL reads at this moment */
  size_t in_left;
  struct ln_unsent given;    /* cipher text that JavaScript had received before the session began */
  unsigned long error;       /* OpenSSL's, where the session broke */
};

/* Bits of the flags that JavaScript gives with a session; the same in src/tls/session.ts. */
#define LN_TLS_FLAG_SERVER 1
#define LN_TLS_FLAG_REQUEST 2
#define LN_TLS_FLAG_REQUIRE 4

/* tls_session.c */
struct ln_tls_options {
  bool server, request_certificate, require_certificate;
  const char *servername;
  const unsigned char *protocols, *session, *given;
  size_t protocols_length, session_length, given_length;
};
int ln_tls_begin(struct ln_engine *engine, struct ln_slot *slot, struct ln_tls_context *context,
                 const struct ln_tls_options *options);
void ln_tls_end_session(struct ln_slot *slot);
void ln_tls_port_close(struct ln_engine *engine);
/* tls.c */
/* Goes on with the handshake; whether it is done. */
bool ln_tls_shake(struct ln_engine *engine, struct ln_slot *slot);
/* As ln_receive, of a connection with a session. */
void ln_tls_receive(struct ln_engine *engine, struct ln_slot *slot);
void ln_tls_send(struct ln_engine *engine, struct ln_slot *slot, const struct ln_span *spans, int count);
/* Does what an operation means for the session; false when nothing is left to be done. */
bool ln_tls_operate(struct ln_engine *engine, struct ln_slot *slot, int32_t operation);
void ln_tls_emit_failure(struct ln_engine *engine, struct ln_slot *slot);
long ln_tls_verify_result(const struct ln_tls *tls);

/* tls_context.c */
/* Registers with OpenSSL, once for the process, to hear of every context that this process makes. */
void ln_tls_watch_contexts(void);
/* The context made by `make` on this thread; NULL unless it made exactly one. */
SSL_CTX *ln_tls_context_made_by(void (*make)(void *data), void *data);
struct ln_tls_context *ln_tls_context_new(SSL_CTX *ssl_ctx, bool server, const unsigned char *protocols, size_t length);
void ln_tls_context_release(struct ln_tls_context *context);

#endif
