/*
 * The guest of Node's loop.
 *
 * The poller's descriptor is itself watched by libuv. Once in each round of libuv's loop, after it has polled, the check
 * handle asks whether JavaScript is to be called:
 *
 *     prepare: flush what timers, promises, other I/O wrote   →   libuv polls   →   check: take, one call, flush
 *
 * The flush follows the call, so it carries what the call's microtasks wrote too. While no wait is armed nothing is
 * called; while one is, `alive` keeps the process running.
 */
#include <stdlib.h>

#include "loop_native.h"
#include "tls.h"

/* How often a batch that was cut short is gone on with before libuv has its turn: a thousand messages of 1 KiB. */
#define ROUNDS 16

/* The most that busy polling keeps Node's other work waiting at a stretch, whatever busyPollUs is: 2 ms. */
#define BUSY_STRETCH_NS 2000000

static void disarm(struct ln_port *port) {
  port->armed = false;
  uv_idle_stop(&port->idle);
  uv_timer_stop(&port->timer);
  uv_unref((uv_handle_t *)&port->alive);
}

/* Takes and calls JavaScript; true if there were events. */
static bool fire(struct ln_port *port, bool even_if_empty) {
  port->signaled = false;
  int32_t count = ln_take(port);
  if (count == 0 && !even_if_empty) {
    if (port->work_count > 0) ln_port_soon(port);
    return false;
  }
  disarm(port);
  port->deliver(port, count);
  if (!port->closed) ln_flush(port);
  return count > 0;
}

/* After a batch the next message of a lively peer is often microseconds away: less than going to sleep takes. */
static void busy_poll(struct ln_port *port) {
  uint64_t start = uv_hrtime();
  uint64_t end = start + port->busy_poll_ns;
  for (uint64_t now = start; now < end && now - start < BUSY_STRETCH_NS; now = uv_hrtime()) {
    if (port->closed || !port->armed) return;
    if (fire(port, false)) end = uv_hrtime() + port->busy_poll_ns;
  }
}

static void on_check(uv_check_t *handle) {
  struct ln_port *port = handle->data;
  if (!port->armed) return;
  bool due = uv_is_active((uv_handle_t *)&port->idle);
  if (!due && !port->signaled && port->work_count == 0) return;
  bool any = fire(port, due);
  for (int i = 1; i < ROUNDS && any && !port->closed && port->armed && port->work_count > 0; i++) fire(port, false);
  if (any && port->busy_poll_ns > 0 && port->poller->look != NULL) busy_poll(port);
}

static void on_timer(uv_timer_t *handle) {
  struct ln_port *port = handle->data;
  if (port->armed) fire(port, true);
}

static void on_idle(uv_idle_t *handle) { (void)handle; }

static void on_prepare(uv_prepare_t *handle) { ln_flush(handle->data); }

static void on_starved(uv_timer_t *handle) {
  struct ln_port *port = handle->data;
  if (port->starving) ln_accept_retry(port);
  else uv_timer_stop(handle);
}

static void on_host_poll(uv_poll_t *handle, int status, int events) {
  (void)status, (void)events;
  struct ln_port *port = handle->data;
  port->signaled = true;
  if (port->armed) return;
  /* Nobody waits: without this, libuv would report it again and again. */
  uv_poll_stop(handle);
  port->host_poll_stopped = true;
}

static void start_host_poll(struct ln_port *port) {
  port->host_poll_stopped = false;
  uv_poll_start(&port->host_poll, UV_READABLE, on_host_poll);
}

static void own(struct ln_port *port, uv_handle_t *handle) {
  handle->data = port;
  uv_unref(handle);
  port->open_handles++;
}

int ln_port_watch_host(struct ln_port *port, int fd) {
  int error = uv_poll_init(port->loop, &port->host_poll, fd);
  if (error != 0) return error;
  port->has_host_poll = true;
  own(port, (uv_handle_t *)&port->host_poll);
  start_host_poll(port);
  return 0;
}

int ln_port_open(struct ln_port *port, uv_loop_t *loop, const struct ln_poller *poller) {
  port->slots = calloc(LN_SLOTS, sizeof *port->slots);
  port->chain = malloc(sizeof(int32_t) * LN_QUEUE);
  port->chained = malloc(sizeof(int32_t) * LN_QUEUE);
  if (port->slots == NULL || port->chain == NULL || port->chained == NULL) return UV_ENOMEM;
  port->loop = loop;
  port->poller = poller;
  port->free_slot = port->work_head = port->work_tail = -1;
  int error = uv_async_init(loop, &port->alive, NULL);
  if (error != 0) return error;
  own(port, (uv_handle_t *)&port->alive);
  uv_prepare_init(loop, &port->prepare);
  own(port, (uv_handle_t *)&port->prepare);
  uv_prepare_start(&port->prepare, on_prepare);
  uv_check_init(loop, &port->check);
  own(port, (uv_handle_t *)&port->check);
  uv_check_start(&port->check, on_check);
  uv_idle_init(loop, &port->idle);
  own(port, (uv_handle_t *)&port->idle);
  uv_timer_init(loop, &port->timer);
  own(port, (uv_handle_t *)&port->timer);
  uv_timer_init(loop, &port->starved_timer);
  own(port, (uv_handle_t *)&port->starved_timer);
  return poller->open(port);
}

void ln_port_arm(struct ln_port *port, double timeout_ms) {
  port->armed = true;
  uv_ref((uv_handle_t *)&port->alive);
  if (port->host_poll_stopped) start_host_poll(port);
  if (port->poller->armed != NULL) port->poller->armed(port);
  if (port->woken || timeout_ms == 0 || port->work_count > 0) {
    port->woken = false;
    uv_idle_start(&port->idle, on_idle); /* libuv polls without waiting while an idle handle is active. */
  } else if (timeout_ms > 0) {
    /* libuv counts from the time it noted at the start of the round; a late count would end the wait early. */
    uv_update_time(port->loop);
    uint64_t whole = (uint64_t)timeout_ms;
    uv_timer_start(&port->timer, on_timer, whole < timeout_ms ? whole + 1 : whole, 0);
  }
}

void ln_port_wake(struct ln_port *port) {
  if (port->armed) uv_idle_start(&port->idle, on_idle);
  else port->woken = true;
}

/* The armed wait ends with an event, not empty-handed; so no mark is needed when none is armed: arming looks for work. */
void ln_port_soon(struct ln_port *port) {
  if (port->armed) uv_idle_start(&port->idle, on_idle);
}

void ln_port_starved(struct ln_port *port) {
  uv_timer_start(&port->starved_timer, on_starved, LN_STARVED_MS, LN_STARVED_MS);
}

static void on_closed(uv_handle_t *handle) {
  struct ln_port *port = handle->data;
  if (--port->open_handles > 0) return;
  free(port->slots);
  free(port->chain);
  free(port->chained);
  port->gone(port);
}

void ln_port_close(struct ln_port *port) {
  if (port->closed) return;
  if (port->armed) disarm(port);
  port->closed = true;
  for (int32_t i = 0; i < port->slots_used; i++) {
    struct ln_slot *slot = &port->slots[i];
    if (slot->kind == LN_FREE) continue;
    if (!(slot->flags & LN_DEAD)) {
      port->poller->unwatch(port, slot);
      if (slot->kind != LN_DESCRIPTOR) ln_os_close(slot->fd); /* Descriptors are the caller's. */
    }
    ln_unsent_free(&slot->unsent);
    ln_tls_end_session(slot);
  }
  ln_tls_port_close(port);
  if (port->has_host_poll) uv_close((uv_handle_t *)&port->host_poll, on_closed);
  uv_close((uv_handle_t *)&port->prepare, on_closed);
  uv_close((uv_handle_t *)&port->check, on_closed);
  uv_close((uv_handle_t *)&port->idle, on_closed);
  uv_close((uv_handle_t *)&port->timer, on_closed);
  uv_close((uv_handle_t *)&port->starved_timer, on_closed);
  uv_close((uv_handle_t *)&port->alive, on_closed);
  port->poller->close(port);
}
