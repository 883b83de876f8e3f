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
#define LN_LAYER LN_LAYER_ENGINE

#include <stdlib.h>

#include "engine.h"

/* How often a batch that was cut short is gone on with before libuv has its turn: a thousand messages of 1 KiB. */
#define ROUNDS 16

/* The most that busy polling keeps Node's other work waiting at a stretch, whatever busyPollUs is: 2 ms. */
#define BUSY_STRETCH_NS 2000000

static void disarm(struct ln_engine *engine) {
  engine->armed = false;
  uv_idle_stop(&engine->idle);
  uv_timer_stop(&engine->timer);
  uv_unref((uv_handle_t *)&engine->alive);
}

/* Takes and calls JavaScript; true if there were events. */
static bool fire(struct ln_engine *engine, bool even_if_empty) {
  engine->signaled = false;
  int32_t count = ln_take(engine);
  if (count == 0 && !even_if_empty) {
    if (engine->work_count > 0) ln_host_soon(engine);
    return false;
  }
  disarm(engine);
  engine->deliver(engine, count);
  if (!engine->closed) ln_flush(engine);
  return count > 0;
}

/* After a batch the next message of a lively peer is often microseconds away: less than going to sleep takes. */
static void busy_poll(struct ln_engine *engine) {
  uint64_t start = uv_hrtime();
  uint64_t end = start + engine->busy_poll_ns;
  for (uint64_t now = start; now < end && now - start < BUSY_STRETCH_NS; now = uv_hrtime()) {
    if (engine->closed || !engine->armed) return;
    if (fire(engine, false)) end = uv_hrtime() + engine->busy_poll_ns;
  }
}

static void on_check(uv_check_t *handle) {
  struct ln_engine *engine = handle->data;
  if (!engine->armed) return;
  bool due = uv_is_active((uv_handle_t *)&engine->idle);
  if (!due && !engine->signaled && engine->work_count == 0) return;
  bool any = fire(engine, due);
  for (int i = 1; i < ROUNDS && any && !engine->closed && engine->armed && engine->work_count > 0; i++) fire(engine, false);
  if (any && engine->busy_poll_ns > 0 && engine->poller->look != NULL) busy_poll(engine);
}

static void on_timer(uv_timer_t *handle) {
  struct ln_engine *engine = handle->data;
  if (engine->armed) fire(engine, true);
}

static void on_prepare(uv_prepare_t *handle) { ln_flush(handle->data); }

int ln_engine_open(struct ln_engine *engine, uv_loop_t *loop, const struct ln_poller *poller) {
  engine->slots = calloc(LN_SLOTS, sizeof *engine->slots);
  engine->chain = malloc(sizeof(int32_t) * LN_QUEUE);
  engine->chained = malloc(sizeof(int32_t) * LN_QUEUE);
  if (engine->slots == NULL || engine->chain == NULL || engine->chained == NULL) return UV_ENOMEM;
  engine->loop = loop;
  engine->poller = poller;
  engine->free_slot = engine->work_head = engine->work_tail = -1;
  int error = uv_async_init(loop, &engine->alive, NULL);
  if (error != 0) return error;
  ln_host_own(engine, (uv_handle_t *)&engine->alive);
  uv_prepare_init(loop, &engine->prepare);
  ln_host_own(engine, (uv_handle_t *)&engine->prepare);
  uv_prepare_start(&engine->prepare, on_prepare);
  uv_check_init(loop, &engine->check);
  ln_host_own(engine, (uv_handle_t *)&engine->check);
  uv_check_start(&engine->check, on_check);
  uv_idle_init(loop, &engine->idle);
  ln_host_own(engine, (uv_handle_t *)&engine->idle);
  uv_timer_init(loop, &engine->timer);
  ln_host_own(engine, (uv_handle_t *)&engine->timer);
  uv_timer_init(loop, &engine->starved_timer);
  ln_host_own(engine, (uv_handle_t *)&engine->starved_timer);
  return poller->open(engine);
}

void ln_engine_arm(struct ln_engine *engine, double timeout_ms) {
  engine->armed = true;
  uv_ref((uv_handle_t *)&engine->alive);
  if (engine->host_poll_stopped) ln_host_watch_again(engine);
  if (engine->poller->armed != NULL) engine->poller->armed(engine);
  if (engine->woken || timeout_ms == 0 || engine->work_count > 0) {
    engine->woken = false;
    ln_host_end_wait(engine);
  } else if (timeout_ms > 0) {
    /* libuv counts from the time it noted at the start of the round; a late count would end the wait early. */
    uv_update_time(engine->loop);
    uint64_t whole = (uint64_t)timeout_ms;
    uv_timer_start(&engine->timer, on_timer, whole < timeout_ms ? whole + 1 : whole, 0);
  }
}

void ln_engine_wake(struct ln_engine *engine) {
  if (engine->armed) ln_host_end_wait(engine);
  else engine->woken = true;
}

static void on_closed(uv_handle_t *handle) {
  struct ln_engine *engine = handle->data;
  if (--engine->open_handles > 0) return;
  free(engine->slots);
  free(engine->chain);
  free(engine->chained);
  engine->gone(engine);
}

void ln_engine_close(struct ln_engine *engine) {
  if (engine->closed) return;
  if (engine->armed) disarm(engine);
  engine->closed = true;
  for (int32_t i = 0; i < engine->slots_used; i++) {
    struct ln_slot *slot = &engine->slots[i];
    if (slot->kind == LN_FREE) continue;
    if (!(slot->flags & LN_DEAD)) {
      engine->poller->unwatch(engine, slot);
      if (slot->kind != LN_DESCRIPTOR) ln_os_close(slot->fd); /* Descriptors are the caller's. */
    }
    ln_unsent_free(&slot->unsent);
    ln_tls_end_session(slot);
  }
  ln_tls_port_close(engine);
  if (engine->has_host_poll) uv_close((uv_handle_t *)&engine->host_poll, on_closed);
  uv_close((uv_handle_t *)&engine->prepare, on_closed);
  uv_close((uv_handle_t *)&engine->check, on_closed);
  uv_close((uv_handle_t *)&engine->idle, on_closed);
  uv_close((uv_handle_t *)&engine->timer, on_closed);
  uv_close((uv_handle_t *)&engine->starved_timer, on_closed);
  uv_close((uv_handle_t *)&engine->alive, on_closed);
  engine->poller->close(engine);
}
