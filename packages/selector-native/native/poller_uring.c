/*
 * io_uring: epoll's readiness, and a ring that makes the calls of a batch at once (uring.c). Where the kernel refuses a
 * ring, as many containers do, the port goes on as plain epoll, and says so by its name and the kernel's answer.
 */
#if defined(__linux__)

#include "loop_native.h"

static int uring_open(struct ln_port *port) {
  port->refusal = ln_ring_open(&port->ring);
  if (port->refusal != 0) port->poller = &ln_poller_epoll;
  return ln_poller_epoll.open(port);
}

static void uring_close(struct ln_port *port) {
  ln_ring_close(port->ring);
  port->ring = NULL;
  ln_poller_epoll.close(port);
}

static int uring_watch(struct ln_port *port, struct ln_slot *slot, unsigned interest, bool edge) {
  return ln_poller_epoll.watch(port, slot, interest, edge);
}

static int uring_change(struct ln_port *port, struct ln_slot *slot, unsigned interest) {
  return ln_poller_epoll.change(port, slot, interest);
}

static void uring_unwatch(struct ln_port *port, struct ln_slot *slot) { ln_poller_epoll.unwatch(port, slot); }

static void uring_look(struct ln_port *port) { ln_poller_epoll.look(port); }

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
