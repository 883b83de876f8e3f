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
 *   slab     LN_SLAB bytes              what the events LN_DATA and LN_DATAGRAM refer to; rewritten by the next take
 *   blocks   two, given by JavaScript   what LN_DATA_SMALL and LN_DATA_LARGE refer to; never rewritten: when one is
 *                                       nearly used up, JavaScript gives a fresh one
 *   pending  int32[LN_SLOTS]            per slot: bytes written by JavaScript and not yet taken by the kernel
 *
 * The same numbers stand in src/layout.ts; a test compares them.
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

#include "os.h"

/* ---- sizes ---- */

#define LN_EVENTS 4096        /* events of one take; a batch of a thousand busy connections fits several times */
#define LN_QUEUE 8192         /* queued operations before a flush is forced; twice the events, for answers in two parts */
#define LN_OUT (4 << 20)      /* bytes queued before a flush is forced: 64 of the largest queued writes */
#define LN_WRITE_MAX (64 << 10) /* the largest write that is ever copied into the out slab */
#define LN_SLAB (256 << 10)   /* bytes of one take that are not for keeping; fits a second-level cache */
#define LN_READ_MAX (64 << 10) /* one receive, as libuv's */
#define LN_SMALL_MAX (4 << 10) /* up to here, copying costs less than giving a message memory of its own */
#define LN_SMALL_BLOCK (64 << 10)  /* what a kept small message keeps in memory: as much as a read of node:net */
#define LN_LARGE_BLOCK (512 << 10) /* eight of the largest reads; a kept message of more than LN_SMALL_MAX keeps it */
#define LN_SLOT_BITS 17       /* 131,072 slots: above what a process usually has of descriptors */
#define LN_SLOTS (1 << LN_SLOT_BITS)
#define LN_LOOK 1024          /* readiness events taken from the kernel at once, as libuv's epoll */
#define LN_ACCEPTS 64         /* connections accepted in a row before others have their turn */
#define LN_SPANS 64           /* pieces of one gathered send; far below every system's IOV_MAX */
#define LN_LOW_WATER (16 << 10) /* default low-water mark: a quarter of the high one, as asyncio's */
#define LN_STARVED_MS 100     /* how often a listener without descriptors tries again */
#define LN_ADDRESS 80         /* room before a datagram in the slab: int32 port, then the sender's address as text */
#define LN_DATAGRAMS 16       /* datagrams received from one socket in a row */

/* ---- interest and readiness, as in core's contracts ---- */

#define LN_READABLE 1u
#define LN_WRITABLE 2u
#define LN_HANGUP 4u /* the peer has ended or the descriptor has failed: read on until end of file */

/* ---- events ---- */

enum ln_event_kind {
  LN_READY = 1,     /* a = readiness */
  LN_ACCEPTED,      /* a = id of the connection */
  LN_ACCEPT_FAILED, /* a = error */
  LN_CONNECTED,
  LN_DATA,          /* a = offset in the slab, b = length */
  LN_DATA_SMALL,    /* a = offset in the small block, b = length */
  LN_DATA_LARGE,    /* a = offset in the large block, b = length */
  LN_EOF,
  LN_DRAINED,
  LN_DATAGRAM,      /* a = offset in the slab of address and bytes, b = length of the bytes */
  LN_FAILED,        /* a = error; the datagram socket stays open */
  LN_CLOSED         /* a = error or 0, b = the call that met it; the last event of its id */
};

enum ln_call { LN_CALL_NONE = 0, LN_CALL_READ, LN_CALL_WRITE, LN_CALL_CONNECT, LN_CALL_SHUTDOWN, LN_CALL_POLL };

/* ---- queued operations ---- */

enum ln_operation {
  LN_OP_WRITE = 1, /* offset and length in the out slab */
  LN_OP_END,
  LN_OP_CLOSE,
  LN_OP_ABORT,
  LN_OP_PAUSE,
  LN_OP_RESUME,
  LN_OP_BORROW, /* from now on data may lie in memory that is rewritten */
  LN_OP_KEEP    /* from now on it may not, as at the start */
};

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
  LN_BORROW = 1 << 10,    /* data may lie in memory that is rewritten */
  LN_LARGE = 1 << 11      /* the last receive was a large one, so the next one probably is */
};

/* Bytes that the kernel did not take: one block, used from `begin` to `end`. */
struct ln_unsent {
  char *bytes;
  size_t begin, end, capacity;
};

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
#elif defined(LN_HAVE_KQUEUE)
extern const struct ln_poller ln_poller_kqueue;
#endif

/* ---- the port ---- */

/* Memory given by JavaScript for data that is kept. */
struct ln_block {
  char *bytes;
  size_t used, size;
};

struct ln_port {
  const struct ln_poller *poller;
  void *poller_data;
  struct ln_ring *ring; /* NULL: every call is made by itself */
  bool ring_failed;

  int32_t *events, *queue, *pending;
  char *out, *slab;
  int32_t event_count;
  size_t slab_used;
  struct ln_block small, large;

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

/* uring.c: many calls at once */
#define LN_NOT_MADE INT32_MIN
struct ln_ring *ln_ring_open(void);
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
