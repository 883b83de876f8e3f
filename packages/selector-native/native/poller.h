/* What reports that descriptors are ready, and io_uring, which makes many calls at once. */
#ifndef LOOP_NATIVE_POLLER_H
#define LOOP_NATIVE_POLLER_H

#include "slot.h"

#if LN_LAYER < LN_LAYER_POLLER
#error "poller.h is of a higher layer than the file that includes it"
#endif

/* One file each, with the same parts in the same order. */
struct ln_poller {
  const char *name;
  /* True: reports changes, so a socket is watched once for everything. False: reports states, so interest is kept exact. */
  bool edge;
  int (*open)(struct ln_engine *engine);
  void (*close)(struct ln_engine *engine);
  /* Begins to watch; `edge` only where the poller has it. Descriptors that cannot be polled are UV_EPERM. */
  int (*watch)(struct ln_engine *engine, struct ln_slot *slot, unsigned interest, bool edge);
  int (*change)(struct ln_engine *engine, struct ln_slot *slot, unsigned interest);
  /* Ends it; called before the descriptor is closed. */
  void (*unwatch)(struct ln_engine *engine, struct ln_slot *slot);
  /* Looks without waiting and calls ln_slot_ready for each; NULL where libuv itself reports. */
  void (*look)(struct ln_engine *engine);
  /* The engine began to wait; NULL where nothing is to be done. */
  void (*armed)(struct ln_engine *engine);
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

/* uring.c: many calls at once */
/* A ring in `opened`, or why the kernel gives none. */
int ln_ring_open(struct ln_ring **opened);
/* For tests: rings opened by this thread from now on are refused with this error; 0 ends that. */
void ln_ring_refuse(int error);
void ln_ring_close(struct ln_ring *ring);
/* Receives for slots that wait for their turn; the results wait in them. */
void ln_ring_receive(struct ln_engine *engine);
int64_t ln_ring_take_received(struct ln_engine *engine, struct ln_slot *slot, const char **bytes);
void ln_ring_forget(struct ln_engine *engine, struct ln_slot *slot);
/* Collects a send, and makes those collected; the results wait in the slots. */
void ln_ring_add_send(struct ln_engine *engine, struct ln_slot *slot, const char *bytes, size_t length);
void ln_ring_send(struct ln_engine *engine);

#endif
