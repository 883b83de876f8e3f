/*
 * The state of an engine, and what every layer above does with it.
 *
 * An engine is what one NativeSelector holds: a guest of Node's libuv loop that collects what is ready, turns it into
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
 * - A connection's or datagram socket's slot lives until its LN_CLOSED was emitted; a listener's or descriptor's until
 *   JavaScript closes it.
 * - Errors are libuv's: negative numbers, UV_ECONNRESET and so on.
 */
#ifndef LOOP_NATIVE_SLOT_H
#define LOOP_NATIVE_SLOT_H

#include "os.h"

#if LN_LAYER < LN_LAYER_SLOT
#error "slot.h is of a higher layer than the file that includes it"
#endif

enum ln_kind { LN_FREE = 0, LN_DESCRIPTOR, LN_LISTENER, LN_CONNECTION, LN_DATAGRAM_SOCKET };

enum ln_flag {
  LN_QUEUED = 1 << 0,     /* is in the list of slots with work */
  LN_PAUSED = 1 << 1,     /* JavaScript wants no input */
  LN_AT_EOF = 1 << 2,     /* the peer has ended its side */
  LN_CONNECTING = 1 << 3,
  LN_ENDING = 1 << 4,     /* shut the writing side down when nothing is unsent */
  LN_CLOSING = 1 << 5,    /* close when nothing is unsent */
  LN_ABORTING = 1 << 6,   /* an abort is in the queue being flushed */
  LN_DEAD = 1 << 7,       /* descriptor closed; LN_CLOSED is still to be emitted */
  LN_STARVED = 1 << 8,    /* accepting failed; tried again when a descriptor may be free */
  LN_ABOVE_LOW = 1 << 9,  /* more than the low-water mark is unsent; falling to it is emitted */
  LN_PULL = 1 << 10,      /* JavaScript receives by itself, into memory of its own */
  LN_LARGE = 1 << 11,     /* the last receive was a large one, so the next one probably is */
  LN_FILE = 1 << 12       /* a part of a file is to follow the last byte: that nothing is unsent is emitted */
};

#define LN_NOT_MADE INT32_MIN /* the result of a call that the ring has not made */

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

struct ln_poller;
struct ln_ring;

struct ln_engine {
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
  bool retry_accepts; /* and a descriptor has become free */

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
  void (*deliver)(struct ln_engine *engine, int32_t events);
  void (*gone)(struct ln_engine *engine);
  void *binding;
};

/* slots.c */
struct ln_slot *ln_slot_new(struct ln_engine *engine, enum ln_kind kind, ln_fd fd);
void ln_slot_free(struct ln_engine *engine, struct ln_slot *slot);
struct ln_slot *ln_slot_find(struct ln_engine *engine, int32_t id);
int32_t ln_slot_id(const struct ln_engine *engine, const struct ln_slot *slot);
static inline int32_t ln_slot_index(const struct ln_engine *engine, const struct ln_slot *slot) {
  return (int32_t)(slot - engine->slots);
}
/* Puts a slot at the end of the list of those with work. */
void ln_slot_work(struct ln_engine *engine, struct ln_slot *slot);
/* A poller's report. */
void ln_slot_ready(struct ln_engine *engine, int32_t id, unsigned readiness);
void ln_emit(struct ln_engine *engine, const struct ln_slot *slot, enum ln_event_kind kind, int32_t a, int32_t b);

/* host.c: the handles that an engine has on Node's loop */
void ln_host_own(struct ln_engine *engine, uv_handle_t *handle);
/* Has libuv watch the poller's own descriptor. */
int ln_host_watch(struct ln_engine *engine, int fd);
/* Goes on watching it, after a report that nobody waited for. */
void ln_host_watch_again(struct ln_engine *engine);
void ln_host_end_wait(struct ln_engine *engine);
/* There is something to emit although nothing is ready in the kernel. */
void ln_host_soon(struct ln_engine *engine);

/* unsent.c */
int ln_unsent_append(struct ln_unsent *unsent, const char *bytes, size_t length);
void ln_unsent_free(struct ln_unsent *unsent);
static inline size_t ln_unsent_size(const struct ln_unsent *unsent) { return unsent->end - unsent->begin; }

#endif
