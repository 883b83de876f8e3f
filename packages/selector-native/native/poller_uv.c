/*
 * libuv's own polling: one uv_poll_t for each descriptor. Works wherever Node runs, Windows included.
 *
 * libuv reports states, and to a callback for each descriptor; the callbacks only note it, and the engine's check handle
 * takes them all after libuv has polled. There is no look without waiting: `poll()` sees what libuv has reported.
 */
#define LN_LAYER LN_LAYER_POLLER

#include <stdlib.h>

#include "poller.h"

struct watch {
  uv_poll_t handle;
  struct ln_engine *engine;
  int32_t id;
  int events;
  struct watch *next_stopped; /* list of those reported while nobody waited */
  bool stopped;
};

static int to_uv(unsigned interest) {
  int events = 0;
  if (interest & LN_READABLE) events |= UV_READABLE | UV_DISCONNECT;
  if (interest & LN_WRITABLE) events |= UV_WRITABLE;
  return events;
}

static unsigned from_uv(int status, int events) {
  unsigned ready = status < 0 || events & UV_DISCONNECT ? LN_HANGUP : 0;
  if (events & UV_READABLE) ready |= LN_READABLE;
  if (events & UV_WRITABLE) ready |= LN_WRITABLE;
  return ready;
}

static void on_ready(uv_poll_t *handle, int status, int events);

static int start(struct watch *watch) {
  return watch->events != 0 ? uv_poll_start(&watch->handle, watch->events, on_ready) : uv_poll_stop(&watch->handle);
}

static void on_ready(uv_poll_t *handle, int status, int events) {
  struct watch *watch = (struct watch *)handle;
  struct ln_engine *engine = watch->engine;
  ln_slot_ready(engine, watch->id, from_uv(status, events));
  if (watch->stopped) return;
  if (engine->armed) {
    /* libuv stops at an error; a datagram socket that was refused once has more to report. */
    if (status < 0) start(watch);
    return;
  }
  /* Nobody waits: without this, libuv would report it again and again. */
  uv_poll_stop(handle);
  watch->stopped = true;
  watch->next_stopped = engine->poller_data;
  engine->poller_data = watch;
}

static void on_closed(uv_handle_t *handle) { free(handle); }

static int uv_backend_open(struct ln_engine *engine) {
  engine->poller_data = NULL;
  return 0;
}

static void uv_backend_close(struct ln_engine *engine) { (void)engine; }

static int uv_backend_watch(struct ln_engine *engine, struct ln_slot *slot, unsigned interest, bool edge) {
  (void)edge;
  struct watch *watch = calloc(1, sizeof *watch);
  if (watch == NULL) return UV_ENOMEM;
  watch->engine = engine;
  watch->id = ln_slot_id(engine, slot);
  watch->events = to_uv(interest);
#if defined(_WIN32)
  int error = uv_poll_init_socket(engine->loop, &watch->handle, slot->fd);
#else
  int error = uv_poll_init(engine->loop, &watch->handle, slot->fd);
#endif
  if (error != 0) {
    free(watch);
    return error;
  }
  uv_unref((uv_handle_t *)&watch->handle);
  slot->watch = watch;
  error = start(watch);
  if (error != 0) engine->poller->unwatch(engine, slot);
  return error;
}

static int uv_backend_change(struct ln_engine *engine, struct ln_slot *slot, unsigned interest) {
  (void)engine;
  struct watch *watch = slot->watch;
  watch->events = to_uv(interest);
  return watch->stopped ? 0 : start(watch);
}

static void uv_backend_unwatch(struct ln_engine *engine, struct ln_slot *slot) {
  struct watch *watch = slot->watch;
  for (struct watch **at = (struct watch **)&engine->poller_data; *at != NULL; at = &(*at)->next_stopped) {
    if (*at != watch) continue;
    *at = watch->next_stopped;
    break;
  }
  uv_close((uv_handle_t *)&watch->handle, on_closed);
  slot->watch = NULL;
}

static void uv_backend_armed(struct ln_engine *engine) {
  struct watch *watch = engine->poller_data;
  engine->poller_data = NULL;
  while (watch != NULL) {
    struct watch *next = watch->next_stopped;
    watch->stopped = false;
    start(watch);
    watch = next;
  }
}

const struct ln_poller ln_poller_uv = {
    .name = "uv",
    .edge = false,
    .open = uv_backend_open,
    .close = uv_backend_close,
    .watch = uv_backend_watch,
    .change = uv_backend_change,
    .unwatch = uv_backend_unwatch,
    .armed = uv_backend_armed,
};
