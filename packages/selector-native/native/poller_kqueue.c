/*
 * kqueue (macOS and the BSDs): one descriptor of our own, which libuv watches.
 *
 * Reading and writing are filters of their own. Sockets are registered once with EV_CLEAR, which reports changes as
 * epoll's edges do; raw descriptors without, which reports states. EV_EOF is the hang-up.
 */
#define LN_LAYER LN_LAYER_POLLER

#include "poller.h"

#if defined(LN_HAVE_KQUEUE)

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>
#include <unistd.h>

struct kqueue_poller {
  int fd;
  struct kevent events[LN_LOOK];
};

static void kqueue_done(struct ln_engine *engine) {
  struct kqueue_poller *poller = engine->poller_data;
  if (poller == NULL) return;
  close(poller->fd);
  free(poller);
  engine->poller_data = NULL;
}

static int kqueue_open(struct ln_engine *engine) {
  struct kqueue_poller *poller = malloc(sizeof *poller);
  if (poller == NULL) return UV_ENOMEM;
  poller->fd = kqueue();
  if (poller->fd < 0) {
    free(poller);
    return uv_translate_sys_error(errno);
  }
  engine->poller_data = poller;
  return ln_host_watch(engine, poller->fd);
}

static int apply(struct ln_engine *engine, struct ln_slot *slot, int16_t filter, uint16_t flags) {
  struct kqueue_poller *poller = engine->poller_data;
  struct kevent change;
  EV_SET(&change, (uintptr_t)slot->fd, filter, flags, 0, 0, (void *)(intptr_t)ln_slot_id(engine, slot));
  return kevent(poller->fd, &change, 1, NULL, 0, NULL) != 0 ? uv_translate_sys_error(errno) : 0;
}

/* Adds or deletes the filter of one direction where the interest in it changed. */
static int set_filter(struct ln_engine *engine, struct ln_slot *slot, int16_t filter, bool was, bool is, uint16_t clear) {
  if (was == is) return 0;
  return apply(engine, slot, filter, is ? EV_ADD | clear : EV_DELETE);
}

static int set_interest(struct ln_engine *engine, struct ln_slot *slot, unsigned before, unsigned after, bool edge) {
  uint16_t clear = edge ? EV_CLEAR : 0;
  int error = set_filter(engine, slot, EVFILT_READ, before & LN_READABLE, after & LN_READABLE, clear);
  if (error != 0) return error;
  return set_filter(engine, slot, EVFILT_WRITE, before & LN_WRITABLE, after & LN_WRITABLE, clear);
}

/* Regular files are always ready for kqueue; they are refused as on the other backends, lest programs depend on it. */
static int kqueue_watch(struct ln_engine *engine, struct ln_slot *slot, unsigned interest, bool edge) {
  if (slot->kind == LN_DESCRIPTOR && uv_guess_handle(slot->fd) == UV_FILE) return UV_EPERM;
  int error = set_interest(engine, slot, 0, interest, edge);
  if (error != 0) set_interest(engine, slot, interest, 0, edge);
  return error;
}

static int kqueue_change(struct ln_engine *engine, struct ln_slot *slot, unsigned interest) {
  return set_interest(engine, slot, slot->interest, interest, false);
}

static void kqueue_unwatch(struct ln_engine *engine, struct ln_slot *slot) {
  set_interest(engine, slot, slot->interest, 0, false);
}

static void kqueue_look(struct ln_engine *engine) {
  struct kqueue_poller *poller = engine->poller_data;
  struct timespec at_once = {0, 0};
  int count = kevent(poller->fd, NULL, 0, poller->events, LN_LOOK, &at_once);
  for (int i = 0; i < count; i++) {
    const struct kevent *event = &poller->events[i];
    unsigned ready = event->filter == EVFILT_READ ? LN_READABLE : LN_WRITABLE;
    if (event->flags & (EV_EOF | EV_ERROR)) ready |= LN_HANGUP;
    ln_slot_ready(engine, (int32_t)(intptr_t)event->udata, ready);
  }
}

const struct ln_poller ln_poller_kqueue = {
    .name = "kqueue",
    .edge = true,
    .open = kqueue_open,
    .close = kqueue_done,
    .watch = kqueue_watch,
    .change = kqueue_change,
    .unwatch = kqueue_unwatch,
    .look = kqueue_look,
};

#endif
