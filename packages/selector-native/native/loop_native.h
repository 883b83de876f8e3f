/*
 * The contract between the parts of the addon.
 *
 * One `port` is what one NativeSelector holds: a guest of Node's libuv loop that collects what is ready, turns it into
 * events for JavaScript, and gives what JavaScript queued to the kernel.
 *
 *      kernel ──poller──> ready slots ──take──> event ring ──one call──> JavaScript
 *      kernel <──flush─── operation queue and out slab <─────plain memory writes──────┘
 *
 * JavaScript and the addon share this memory, so that a message costs no crossing:
 *
 *   events   int32[4 * LN_EVENTS]       id, kind, a, b of each event of the last take
 *   queue    int32[4 * (1 + LN_QUEUE)]  [0] = number of entries; then id, operation, offset, length of each
 *   out      LN_OUT bytes               what the entries LN_OP_WRITE refer to
 *   slab     LN_SLAB bytes              what the events LN_DATA and LN_DATAGRAM refer to; rewritten by the next take.
 *                                       The addon's own memory: programs can get hold of it
 *   pending  double[LN_SLOTS]           per slot: bytes written by JavaScript and not yet taken by the kernel; whole
 *                                       numbers, of which a double has more than memory has bytes
 *
 * The numbers of all this are in layout.h.
 *
 * Rules:
 * - Everything runs on the thread of Node's loop. Nothing here blocks.
 * - A slot is named by an id: index and generation. A stale id finds nothing, so a descriptor number that the system
 *   gives out again is never mistaken for the old one.
 * - A connection's or datagram socket's slot lives until its LN_CLOSED was told; a listener's or descriptor's until
 *   JavaScript closes it.
 * - Errors are libuv's: negative numbers, UV_ECONNRESET and so on.
 */
#ifndef LOOP_NATIVE_H
#define LOOP_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "layout.h"
#include "os.h"

/* ---- slots ---- */

enum ln_kind { LN_FREE = 0, LN_DESCRIPTOR, LN_LISTENER, LN_CONNECTION, LN_DATAGRAM_SOCKET };

enum ln_flag {
  LN_QUEUED = 1 << 0,     /* is in the list of slots with work */
  LN_PAUSED = 1 << 1,     /* JavaScript wants no input */
  LN_AT_EOF = 1 << 2,     /* the peer has ended its side */
  LN_CONNECTING = 1 << 3,
  LN_ENDING = 1 << 4,     /* shut the writing side down when nothing is unsent */
  LN_CLOSING = 1 << 5,    /* close when nothing is unsent */
  LN_ABORTING = 1 << 6,   /* an abort is in the queue being flushed */
  LN_DEAD = 1 << 7,       /* descriptor closed; LN_CLOSED is still to be told */
  LN_STARVED = 1 << 8,    /* accepting failed; tried again when a descriptor may be free */
  LN_ABOVE_LOW = 1 << 9,  /* more than the low-water mark is unsent; falling to it is told */
  LN_PULL = 1 << 10,      /* JavaScript receives by itself, into memory of its own */
  LN_LARGE = 1 << 11,     /* the last receive was a large one, so the next one probably is */
  LN_FILE = 1 << 12       /* a part of a file is to follow the last byte: that nothing is unsent is told */
};

/* Bytes that the kernel did not take: one block, used from `begin` to `end`. */
struct ln_unsent {
  char *bytes;
  size_t begin, end, capacity;
};

struct ln_tls;

struct ln_slot {
  uint32_t generation;
  ln_fd fd;
  uint16_t flags;
  uint8_t kind;
  uint8_t interest;  /* what the poller was asked for */
  uint8_t ready;     /* what it has reported and is not used up */
  int32_t next;      /* next slot with work, or next free slot; -1 ends */
  int32_t low;       /* low-water mark in bytes */
  int32_t error;     /* of LN_CLOSED */
  uint8_t failed_call;
  int32_t chain_head, chain_tail; /* this slot's entries in the queue being flushed; -1 = none */
  struct ln_unsent unsent;
  int32_t early_send;       /* result of a send that the ring has made, or LN_NOT_MADE */
  int32_t early_receive;    /* result of a receive that the ring has made, when early_bytes is set */
  const char *early_bytes;
  void *watch;       /* the poller's own */
  union ln_address peer;
  union ln_address local; /* of a connection that is dead */
  struct ln_tls *tls; /* NULL: plain text, see tls.h */
};

struct ln_port;
struct ln_ring;

/* ---- pollers: one file each, the same five parts in the same order ---- */

struct ln_poller {
  const char *name;
  /* True: reports changes, so a socket is watched once for everything. False: reports states, so interest is kept exact. */
  bool edge;
  int (*open)(struct ln_port *port);
  void (*close)(struct ln_port *port);
  /* Begins to watch; `edge` only where the poller has it. Descriptors that cannot be polled are UV_EPERM. */
  int (*watch)(struct ln_port *port, struct ln_slot *slot, unsigned interest, bool edge);
  int (*change)(struct ln_port *port, struct ln_slot *slot, unsigned interest);
  /* Ends it; called before the descriptor is closed. */
  void (*unwatch)(struct ln_port *port, struct ln_slot *slot);
  /* Looks without waiting and calls ln_port_ready for each; NULL where libuv itself reports. */
  void (*look)(struct ln_port *port);
  /* The port began to wait; NULL where nothing is to be done. */
  void (*armed)(struct ln_port *port);
};

extern const struct ln_poller ln_poller_uv;
#if defined(__linux__)
extern const struct ln_poller ln_poller_epoll;
extern const struct ln_poller ln_poller_uring;
#endif
#if defined(LN_HAVE_KQUEUE)
extern const struct ln_poller ln_poller_kqueue;
#endif

/* pollers.c: those of this binary, the best first */
extern const struct ln_poller *const ln_pollers[];
extern const size_t ln_poller_count;
const struct ln_poller *ln_poller_named(const char *name);

/* ---- the port ---- */

struct ln_port {
  const struct ln_poller *poller;
  void *poller_data;
  struct ln_ring *ring; /* NULL: every call is made by itself */
  int32_t refusal;      /* why the poller is another than the one asked for; 0 when it is that one */
  bool ring_failed;

  int32_t *events, *queue;
  double *pending;
  char *out, *slab;
  int32_t event_count;
  size_t slab_used;
  char *tls_in;             /* cipher text just received; NULL until there is a session */
  struct ln_unsent tls_out; /* cipher text about to be sent */

  struct ln_slot *slots;
  int32_t slots_used; /* slots ever used */
  int32_t free_slot;  /* head of the list of free ones */
  int32_t work_head, work_tail, work_count;
  int32_t *chained;   /* slots of the queue being flushed, in order of appearance */
  int32_t *chain;     /* next entry of the same slot, by entry */
  bool starving;      /* a listener is starved */

  uv_loop_t *loop;
  uv_poll_t host_poll; /* on the poller's own descriptor */
  bool has_host_poll, host_poll_stopped;
  uv_prepare_t prepare;
  uv_check_t check;
  uv_idle_t idle;
  uv_timer_t timer, starved_timer;
  uv_async_t alive;    /* referenced while a wait is armed */
  int open_handles;
  bool armed, woken, signaled, closed;
  uint64_t busy_poll_ns;

  /* Calls JavaScript with the number of events; set by the binding. */
  void (*deliver)(struct ln_port *port, int32_t events);
  void (*gone)(struct ln_port *port);
  void *binding;
};

/* port.c: the guest of Node's loop */
int ln_port_open(struct ln_port *port, uv_loop_t *loop, const struct ln_poller *poller);
void ln_port_close(struct ln_port *port);
void ln_port_arm(struct ln_port *port, double timeout_ms);
void ln_port_wake(struct ln_port *port);
int ln_port_watch_host(struct ln_port *port, int fd);
/* There is something to tell although nothing is ready in the kernel. */
void ln_port_soon(struct ln_port *port);
/* Tries starved listeners again every LN_STARVED_MS. */
void ln_port_starved(struct ln_port *port);

/* slots.c */
struct ln_slot *ln_slot_new(struct ln_port *port, enum ln_kind kind, ln_fd fd);
void ln_slot_free(struct ln_port *port, struct ln_slot *slot);
struct ln_slot *ln_slot_find(struct ln_port *port, int32_t id);
int32_t ln_slot_id(const struct ln_port *port, const struct ln_slot *slot);
static inline int32_t ln_slot_index(const struct ln_port *port, const struct ln_slot *slot) {
  return (int32_t)(slot - port->slots);
}
/* Puts a slot at the end of the list of those with work. */
void ln_slot_work(struct ln_port *port, struct ln_slot *slot);

/* take.c */
int32_t ln_take(struct ln_port *port);
void ln_emit(struct ln_port *port, const struct ln_slot *slot, enum ln_event_kind kind, int32_t a, int32_t b);
/* A poller's report. */
void ln_port_ready(struct ln_port *port, int32_t id, unsigned readiness);

/* socket.c: what connections, listeners and datagram sockets share */
int ln_socket_watch(struct ln_port *port, struct ln_slot *slot);
void ln_socket_interest(struct ln_port *port, struct ln_slot *slot);
/* Closes the descriptor and lets LN_CLOSED follow. */
void ln_socket_finish(struct ln_port *port, struct ln_slot *slot, int error, enum ln_call call);
/* Opens and binds a socket with the options below; `address` may be empty. */
int ln_socket_bound(int family, int type, const struct ln_endpoint *address, unsigned options, ln_fd *fd);
#define LN_REUSE_ADDRESS 1u
#define LN_REUSE_PORT 2u
#define LN_IPV6_ONLY 4u
#define LN_BROADCAST 8u

/* accept.c, connect.c, receive.c, datagram.c: each makes or serves one kind of work */
int32_t ln_listen(struct ln_port *port, const struct ln_endpoint *address, int backlog, unsigned options);
void ln_accept_ready(struct ln_port *port, struct ln_slot *slot);
void ln_accept_retry(struct ln_port *port);
int32_t ln_connect(struct ln_port *port, const struct ln_endpoint *to, const struct ln_endpoint *from);
void ln_connect_ready(struct ln_port *port, struct ln_slot *slot);
void ln_receive(struct ln_port *port, struct ln_slot *slot);
/* Tells bytes that lie in the slab, or were received early by the ring. */
void ln_tell_data(struct ln_port *port, struct ln_slot *slot, const char *bytes, int64_t n);
/* The peer has ended its side. */
void ln_at_eof(struct ln_port *port, struct ln_slot *slot);
/* Receives now, into the program's memory: a number of bytes, 0 at the end of file, UV_EAGAIN when nothing is to be had. */
int32_t ln_receive_into(struct ln_port *port, struct ln_slot *slot, char *bytes, size_t length);
int32_t ln_datagram(struct ln_port *port, const struct ln_endpoint *address, const struct ln_endpoint *peer,
                    unsigned options);
void ln_datagram_ready(struct ln_port *port, struct ln_slot *slot);
/* Sends now or keeps it; an error concerns this datagram only. */
int ln_datagram_send(struct ln_port *port, struct ln_slot *slot, const char *bytes, size_t length,
                     const struct ln_endpoint *to);
void ln_datagram_send_unsent(struct ln_port *port, struct ln_slot *slot);

/* send.c: one connection's output */
void ln_send(struct ln_port *port, struct ln_slot *slot, struct ln_span *spans, int count);
void ln_send_unsent(struct ln_port *port, struct ln_slot *slot);
/* Bytes left the unsent block: tells the low-water mark, and does what was to follow the last byte. */
void ln_sent(struct ln_port *port, struct ln_slot *slot);
/* Sends a part of a file after everything else: how much, 0 at its end, UV_EAGAIN when LN_DRAINED is to be waited for. */
int32_t ln_send_file(struct ln_port *port, struct ln_slot *slot, int file, int64_t offset, size_t length);
/* Notes that bytes were kept. */
void ln_kept(struct ln_port *port, struct ln_slot *slot);
int ln_unsent_append(struct ln_unsent *unsent, const char *bytes, size_t length);
void ln_unsent_free(struct ln_unsent *unsent);
static inline size_t ln_unsent_size(const struct ln_unsent *unsent) { return unsent->end - unsent->begin; }

/* flush.c: the operation queue */
void ln_flush(struct ln_port *port);

/* descriptors.c: descriptors that Node cannot make */
int ln_make_pipe(int fds[2]);
int ln_make_socket_pair(int fds[2]);
int ln_make_terminal(int fds[2]);
int ln_make_eventfd(int fds[1]);
/* What a program does with them: node:fs takes no sockets on Windows. */
int64_t ln_raw_read(ln_fd fd, char *bytes, size_t length);
int64_t ln_raw_write(ln_fd fd, char *bytes, size_t length);
void ln_raw_close(ln_fd fd);

/* uring.c: many calls at once */
#define LN_NOT_MADE INT32_MIN
/* A ring in `opened`, or why the kernel gives none. */
int ln_ring_open(struct ln_ring **opened);
/* For tests: rings opened by this thread from now on are refused with this error; 0 ends that. */
void ln_ring_refuse(int error);
void ln_ring_close(struct ln_ring *ring);
/* Receives for slots that wait for their turn; the results wait in them. */
void ln_ring_receive(struct ln_port *port);
int64_t ln_ring_take_received(struct ln_port *port, struct ln_slot *slot, const char **bytes);
void ln_ring_forget(struct ln_port *port, struct ln_slot *slot);
/* Collects a send, and makes those collected; the results wait in the slots. */
void ln_ring_add_send(struct ln_port *port, struct ln_slot *slot, const char *bytes, size_t length);
void ln_ring_send(struct ln_port *port);

/* address.c */
int ln_address_parse(const char *host, int port, struct ln_endpoint *endpoint);
int ln_address_path(const char *path, size_t length, struct ln_endpoint *endpoint);
int ln_address_format(const struct sockaddr *address, char *host, size_t size, int *port);

#endif
