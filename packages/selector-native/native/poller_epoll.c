/*
 * epoll: one descriptor of our own, which libuv watches.
 *
 * Sockets are edge-triggered and registered once for both directions, so that no message needs an epoll_ctl; raw
 * descriptors are level-triggered, as asyncio's callers expect. EPOLLRDHUP is honoured: without it, an end of file that
 * arrives together with data would never be seen by a reader that stops at a short read.
 */
#define LN_LAYER LN_LAYER_POLLER

#if defined(__linux__)

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "poller.h"

struct epoll {
  int fd;
  struct epoll_event events[LN_LOOK];
};

static uint32_t to_epoll(unsigned interest, bool edge) {
  uint32_t events = edge ? (uint32_t)EPOLLET | EPOLLRDHUP : 0;
  if (interest & LN_READABLE) events |= EPOLLIN;
  if (interest & LN_WRITABLE) events |= EPOLLOUT;
  return events;
}

static unsigned from_epoll(uint32_t events) {
  unsigned ready = 0;
  if (events & (EPOLLIN | EPOLLPRI)) ready |= LN_READABLE;
  if (events & EPOLLOUT) ready |= LN_WRITABLE;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) ready |= LN_HANGUP;
  return ready;
}

static int control(struct ln_engine *engine, struct ln_slot *slot, int operation, uint32_t events) {
  struct epoll *epoll = engine->poller_data;
  struct epoll_event event = {.events = events, .data = {.u64 = (uint64_t)ln_slot_id(engine, slot)}};
  return epoll_ctl(epoll->fd, operation, slot->fd, &event) != 0 ? uv_translate_sys_error(errno) : 0;
}

static void epoll_done(struct ln_engine *engine) {
  struct epoll *epoll = engine->poller_data;
  if (epoll == NULL) return;
  close(epoll->fd);
  free(epoll);
  engine->poller_data = NULL;
}

static int epoll_open(struct ln_engine *engine) {
  struct epoll *epoll = malloc(sizeof *epoll);
  if (epoll == NULL) return UV_ENOMEM;
  epoll->fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll->fd < 0) {
    free(epoll);
    return uv_translate_sys_error(errno);
  }
  engine->poller_data = epoll;
  return ln_host_watch(engine, epoll->fd);
}

static int epoll_watch(struct ln_engine *engine, struct ln_slot *slot, unsigned interest, bool edge) {
  return control(engine, slot, EPOLL_CTL_ADD, to_epoll(interest, edge));
}

static int epoll_change(struct ln_engine *engine, struct ln_slot *slot, unsigned interest) {
  return control(engine, slot, EPOLL_CTL_MOD, to_epoll(interest, false));
}

static void epoll_unwatch(struct ln_engine *engine, struct ln_slot *slot) { control(engine, slot, EPOLL_CTL_DEL, 0); }

/* What does not fit into one look is seen by the next: libuv keeps reporting the descriptor. */
static void epoll_look(struct ln_engine *engine) {
  struct epoll *epoll = engine->poller_data;
  int count = epoll_wait(epoll->fd, epoll->events, LN_LOOK, 0);
  for (int i = 0; i < count; i++)
    ln_slot_ready(engine, (int32_t)epoll->events[i].data.u64, from_epoll(epoll->events[i].events));
}

const struct ln_poller ln_poller_epoll = {
    .name = "epoll",
    .edge = true,
    .open = epoll_open,
    .close = epoll_done,
    .watch = epoll_watch,
    .change = epoll_change,
    .unwatch = epoll_unwatch,
    .look = epoll_look,
};

#endif
