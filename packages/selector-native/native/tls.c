/* What TLS sessions send and receive, and how they end: see tls.h. */
#define LN_LAYER LN_LAYER_TLS

#include <stdio.h>

#include "tls.h"

/*
 * One receive. What it brings is decrypted at once into LN_READ_MAX bytes: a record may have been begun before, and the
 * largest has 16 KiB of plain text.
 */
#define RECORD (16 << 10)
_Static_assert(LN_TLS_READ_MAX + RECORD <= LN_READ_MAX, "what is received must fit when it is decrypted");
/* Plain text that is encrypted before the kernel is offered the result: what fits a second-level cache twice. */
#define SEND_STEP ((size_t)128 << 10)

/* ---- sending ---- */

/* Sends what OpenSSL wrote, for `plain` bytes that JavaScript has counted; false when the connection is gone. */
static bool send_out(struct ln_engine *engine, struct ln_slot *slot, size_t plain) {
  struct ln_unsent *out = &engine->tls_out;
  struct ln_span span = {.bytes = out->bytes, .length = out->end};
  engine->pending[ln_slot_index(engine, slot)] += (double)span.length - (double)plain;
  out->end = 0;
  if (span.length > 0) ln_send(engine, slot, &span, 1);
  return !(slot->flags & LN_DEAD);
}

/* The alert that says why is sent as far as the kernel takes it. */
static void fail(struct ln_engine *engine, struct ln_slot *slot) {
  struct ln_tls *tls = slot->tls;
  tls->error = openssl.ERR_peek_error();
  tls->state = LN_TLS_BROKEN;
  openssl.ERR_clear_error();
  if (send_out(engine, slot, 0)) ln_socket_finish(engine, slot, UV_EPROTO, LN_CALL_NONE);
}

void ln_tls_send(struct ln_engine *engine, struct ln_slot *slot, const struct ln_span *spans, int count) {
  struct ln_tls *tls = slot->tls;
  size_t plain = 0;
  if (tls->state != LN_TLS_OPEN) {
    ln_socket_finish(engine, slot, UV_ENOTCONN, LN_CALL_WRITE); /* Nothing may be written before the peer is known. */
    return;
  }
  openssl.ERR_clear_error();
  for (int i = 0; i < count; i++) {
    for (size_t at = 0; at < spans[i].length;) {
      size_t most = spans[i].length - at < SEND_STEP - plain ? spans[i].length - at : SEND_STEP - plain;
      size_t n = 0;
      if (openssl.SSL_write_ex(tls->ssl, spans[i].bytes + at, most, &n) != 1) {
        fail(engine, slot);
        return;
      }
      at += n;
      plain += n;
      if (plain < SEND_STEP) continue;
      if (!send_out(engine, slot, plain)) return;
      plain = 0;
    }
  }
  if (plain > 0) send_out(engine, slot, plain);
}

static bool notify(struct ln_engine *engine, struct ln_slot *slot) {
  struct ln_tls *tls = slot->tls;
  if (tls->notified || tls->state == LN_TLS_SHAKING) return true;
  tls->notified = true;
  openssl.ERR_clear_error();
  openssl.SSL_shutdown(tls->ssl);
  return send_out(engine, slot, 0);
}

/* Closes as soon as everything has left. */
static void close_when_sent(struct ln_engine *engine, struct ln_slot *slot) {
  slot->flags |= LN_CLOSING;
  if (ln_unsent_size(&slot->unsent) == 0) ln_sent(engine, slot);
  else ln_socket_interest(engine, slot);
}

static void start_closing(struct ln_engine *engine, struct ln_slot *slot) {
  struct ln_tls *tls = slot->tls;
  if (tls->state == LN_TLS_SHAKING) {
    ln_socket_finish(engine, slot, 0, LN_CALL_NONE); /* There is nothing that could be ended in order. */
    return;
  }
  bool ended = slot->flags & LN_AT_EOF;
  if (!notify(engine, slot)) return;
  tls->state = LN_TLS_CLOSING;
  if (ended) {
    close_when_sent(engine, slot);
    return;
  }
  slot->flags = (uint16_t)((slot->flags | LN_ENDING) & ~LN_PAUSED);
  if (ln_unsent_size(&slot->unsent) == 0) ln_sent(engine, slot);
  else ln_socket_interest(engine, slot);
  if (slot->flags & LN_DEAD || slot->ready == 0) return;
  ln_slot_work(engine, slot);
  ln_host_soon(engine);
}

bool ln_tls_operate(struct ln_engine *engine, struct ln_slot *slot, int32_t operation) {
  if (operation == LN_OP_END) return notify(engine, slot);
  if (operation == LN_OP_PULL) return false; /* What is received has to be decrypted first. */
  if (operation != LN_OP_CLOSE) return slot->tls->state != LN_TLS_CLOSING || operation == LN_OP_ABORT;
  start_closing(engine, slot);
  return false;
}

/* ---- receiving ---- */

long ln_tls_verify_result(const struct ln_tls *tls) {
  X509 *certificate = openssl.SSL_get1_peer_certificate(tls->ssl);
  if (certificate == NULL) return LN_X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT;
  openssl.X509_free(certificate);
  return openssl.SSL_get_verify_result(tls->ssl);
}

/* The peer has ended its side, by close_notify or without one. */
static void peer_ended(struct ln_engine *engine, struct ln_slot *slot) {
  if (slot->tls->state == LN_TLS_CLOSING) {
    slot->flags |= LN_AT_EOF;
    close_when_sent(engine, slot);
  } else {
    ln_at_eof(engine, slot);
  }
}

static void at_eof(struct ln_engine *engine, struct ln_slot *slot) {
  if (slot->tls->state == LN_TLS_SHAKING) ln_socket_finish(engine, slot, UV_ECONNRESET, LN_CALL_READ);
  else peer_ended(engine, slot);
}

bool ln_tls_shake(struct ln_engine *engine, struct ln_slot *slot) {
  struct ln_tls *tls = slot->tls;
  openssl.ERR_clear_error();
  int result = openssl.SSL_do_handshake(tls->ssl);
  if (result != 1) {
    if (openssl.SSL_get_error(tls->ssl, result) != LN_SSL_ERROR_WANT_READ) fail(engine, slot);
    else send_out(engine, slot, 0);
    return false;
  }
  tls->state = LN_TLS_OPEN;
  if (!send_out(engine, slot, 0)) return false;
  ln_emit(engine, slot, LN_TLS_SECURED, (int32_t)ln_tls_verify_result(tls), 0);
  return true;
}

static void read_plain(struct ln_engine *engine, struct ln_slot *slot) {
  struct ln_tls *tls = slot->tls;
  char *target = engine->slab + engine->slab_used;
  size_t got = 0, n = 0;
  openssl.ERR_clear_error();
  while (got < LN_READ_MAX && openssl.SSL_read_ex(tls->ssl, target + got, LN_READ_MAX - got, &n) == 1) {
    if (tls->state == LN_TLS_OPEN) got += n;
  }
  if (got > 0) ln_emit_data(engine, slot, target, (int64_t)got);
  if (got == LN_READ_MAX) return;
  int error = openssl.SSL_get_error(tls->ssl, 0);
  if (error == LN_SSL_ERROR_WANT_READ || error == LN_SSL_ERROR_ZERO_RETURN) {
    /* Answers of the protocol itself: keys renewed, a refused renegotiation. */
    if (ln_unsent_size(&engine->tls_out) > 0 && !send_out(engine, slot, 0)) return;
    if (error == LN_SSL_ERROR_ZERO_RETURN && !(slot->flags & LN_AT_EOF)) peer_ended(engine, slot);
  } else {
    fail(engine, slot);
  }
}

static void decrypt(struct ln_engine *engine, struct ln_slot *slot, const char *bytes, size_t length) {
  struct ln_tls *tls = slot->tls;
  tls->in = bytes;
  tls->in_left = length;
  if (tls->state != LN_TLS_SHAKING || ln_tls_shake(engine, slot)) read_plain(engine, slot);
  tls->in_left = 0;
}

static bool serve_given(struct ln_engine *engine, struct ln_slot *slot) {
  struct ln_unsent *given = &slot->tls->given;
  size_t n = ln_unsent_size(given);
  if (n == 0) return false;
  if (n > LN_TLS_READ_MAX) n = LN_TLS_READ_MAX;
  const char *bytes = given->bytes + given->begin;
  given->begin += n;
  decrypt(engine, slot, bytes, n);
  if (slot->flags & (LN_DEAD | LN_AT_EOF)) return true;
  if (ln_unsent_size(given) == 0) ln_unsent_free(given);
  ln_slot_work(engine, slot);
  return true;
}

void ln_tls_receive(struct ln_engine *engine, struct ln_slot *slot) {
  if (!ln_may_receive(slot) || serve_given(engine, slot)) return;
  struct ln_chunk chunk = ln_receive_chunk(engine, slot, engine->tls_in, LN_TLS_READ_MAX);
  if (chunk.length > 0) decrypt(engine, slot, chunk.bytes, (size_t)chunk.length);
  if (chunk.length == 0) at_eof(engine, slot);
  else ln_received(engine, slot, &chunk);
}

void ln_tls_emit_failure(struct ln_engine *engine, struct ln_slot *slot) {
  unsigned long error = slot->tls->error;
  if (error == 0) return;
  const char *reason = openssl.ERR_reason_error_string(error);
  const char *library = openssl.ERR_lib_error_string(error);
  int n = snprintf(engine->slab + engine->slab_used, LN_TLS_TEXT, "%08lX\n%s\n%s", error, library == NULL ? "" : library,
                   reason == NULL ? "" : reason);
  if (n >= LN_TLS_TEXT) n = LN_TLS_TEXT - 1;
  ln_emit(engine, slot, LN_TLS_FAILED, (int32_t)engine->slab_used, n);
  engine->slab_used += LN_TLS_TEXT;
}
