/* Listeners, connections and datagram sockets: what is done with each in its turn. */
#ifndef LOOP_NATIVE_SOCKETS_H
#define LOOP_NATIVE_SOCKETS_H

#include "poller.h"

#if LN_LAYER < LN_LAYER_SOCKETS
#error "sockets.h is of a higher layer than the file that includes it"
#endif

/* socket.c: what connections, listeners and datagram sockets share */
int ln_socket_watch(struct ln_engine *engine, struct ln_slot *slot);
void ln_socket_interest(struct ln_engine *engine, struct ln_slot *slot);
/* Closes the descriptor and lets LN_CLOSED follow. */
void ln_socket_finish(struct ln_engine *engine, struct ln_slot *slot, int error, enum ln_call call);
/* Opens and binds a socket with the options below; `address` may be empty. */
int ln_socket_bound(int family, int type, const struct ln_endpoint *address, unsigned options, ln_fd *fd);
#define LN_REUSE_ADDRESS 1u
#define LN_REUSE_PORT 2u
#define LN_IPV6_ONLY 4u
#define LN_BROADCAST 8u

/* accept.c, connect.c, receive.c, datagram.c: each makes or serves one kind of work */
int32_t ln_listen(struct ln_engine *engine, const struct ln_endpoint *address, int backlog, unsigned options);
/* Takes a socket from elsewhere over: one that listens, or one that is connected, which LN_CONNECTED confirms. */
int32_t ln_adopt_listener(struct ln_engine *engine, ln_fd fd);
int32_t ln_adopt_connection(struct ln_engine *engine, ln_fd fd);
void ln_accept_ready(struct ln_engine *engine, struct ln_slot *slot);
void ln_accept_retry(struct ln_engine *engine);
int32_t ln_connect(struct ln_engine *engine, const struct ln_endpoint *to, const struct ln_endpoint *from);
void ln_connect_ready(struct ln_engine *engine, struct ln_slot *slot);
void ln_receive(struct ln_engine *engine, struct ln_slot *slot);
/* Whether it is to be received from now: a report stays noted in slot->ready until reading is resumed. */
static inline bool ln_may_receive(const struct ln_slot *slot) {
  return slot->early_bytes != NULL || !(slot->flags & (LN_PAUSED | LN_AT_EOF | LN_CLOSING));
}
/* One receive. */
struct ln_chunk {
  const char *bytes;
  int64_t length; /* or an error */
  size_t most;
  bool early, newer; /* the ring received it; something was reported since */
};
/* Receives up to `most` bytes into `target`, or takes what the ring has received. */
struct ln_chunk ln_receive_chunk(struct ln_engine *engine, struct ln_slot *slot, char *target, size_t most);
/* Decides what follows on a chunk of bytes, after these were served; or on an error. */
void ln_received(struct ln_engine *engine, struct ln_slot *slot, const struct ln_chunk *chunk);
/* Emits bytes that lie in the slab, or were received early by the ring. */
void ln_emit_data(struct ln_engine *engine, struct ln_slot *slot, const char *bytes, int64_t n);
/* The peer has ended its side. */
void ln_at_eof(struct ln_engine *engine, struct ln_slot *slot);
/* Receives now, into the program's memory: a number of bytes, 0 at the end of file, UV_EAGAIN when nothing is to be had. */
int32_t ln_receive_into(struct ln_engine *engine, struct ln_slot *slot, char *bytes, size_t length);
int32_t ln_datagram(struct ln_engine *engine, const struct ln_endpoint *address, const struct ln_endpoint *peer,
                    unsigned options);
void ln_datagram_ready(struct ln_engine *engine, struct ln_slot *slot);
/* Sends now or keeps it; an error concerns this datagram only. */
int ln_datagram_send(struct ln_engine *engine, struct ln_slot *slot, const char *bytes, size_t length,
                     const struct ln_endpoint *to);
void ln_datagram_send_unsent(struct ln_engine *engine, struct ln_slot *slot);

/* send.c: one connection's output */
void ln_send(struct ln_engine *engine, struct ln_slot *slot, struct ln_span *spans, int count);
void ln_send_unsent(struct ln_engine *engine, struct ln_slot *slot);
/* Bytes left the unsent block: emits that it fell to the low-water mark, and does what was to follow the last byte. */
void ln_sent(struct ln_engine *engine, struct ln_slot *slot);
/* Sends a part of a file after everything else: how much, 0 at its end, UV_EAGAIN when LN_DRAINED is to be waited for. */
int32_t ln_send_file(struct ln_engine *engine, struct ln_slot *slot, int file, int64_t offset, size_t length);
/* Notes that bytes were kept. */
void ln_kept(struct ln_engine *engine, struct ln_slot *slot);

#endif
