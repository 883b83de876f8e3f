/*
 * io_uring: epoll's readiness, and a ring that makes the calls of a batch at once (uring.c). Where the kernel refuses a
 * ring, as many containers do, the engine goes on as plain epoll, and says so by its name and the kernel's answer.
 */
#define LN_LAYER LN_LAYER_POLLER

#if defined(__linux__)

#include "poller.h"

static int uring_open(struct ln_engine *engine) {
  engine->refusal = ln_ring_open(&engine->ring);
  if (engine->refusal != 0) engine->poller = &ln_poller_epoll;
  return ln_poller_epoll.open(engine);
}

static void uring_close(struct ln_engine *engine) {
  ln_ring_close(engine->ring);
  engine->ring = NULL;
  ln_poller_epoll.close(engine);
}

static int uring_watch(struct ln_engine *engine, struct ln_slot *slot, unsigned interest, bool edge) {
  return ln_poller_epoll.watch(engine, slot, interest, edge);
}

static int uring_change(struct ln_engine *engine, struct ln_slot *slot, unsigned interest) {
  return ln_poller_epoll.change(engine, slot, interest);
}

static void uring_unwatch(struct ln_engine *engine, struct ln_slot *slot) { ln_poller_epoll.unwatch(engine, slot); }

static void uring_look(struct ln_engine *engine) { ln_poller_epoll.look(engine); }

const struct ln_poller ln_poller_uring = {
    .name = "io_uring",
    .edge = true,
    .open = uring_open,
    .close = uring_close,
    .watch = uring_watch,
    .change = uring_change,
    .unwatch = uring_unwatch,
    .look = uring_look,
};

#endif
