/* The handles that an engine has on Node's loop, as far as what it carries needs them. */
#define LN_LAYER LN_LAYER_SLOT

#include "slot.h"

static void on_host_poll(uv_poll_t *handle, int status, int events) {
  (void)status, (void)events;
  struct ln_engine *engine = handle->data;
  engine->signaled = true;
  if (engine->armed) return;
  /* Nobody waits: without this, libuv would report it again and again. */
  uv_poll_stop(handle);
  engine->host_poll_stopped = true;
}

void ln_host_watch_again(struct ln_engine *engine) {
  engine->host_poll_stopped = false;
  uv_poll_start(&engine->host_poll, UV_READABLE, on_host_poll);
}

void ln_host_own(struct ln_engine *engine, uv_handle_t *handle) {
  handle->data = engine;
  uv_unref(handle);
  engine->open_handles++;
}

int ln_host_watch(struct ln_engine *engine, int fd) {
  int error = uv_poll_init(engine->loop, &engine->host_poll, fd);
  if (error != 0) return error;
  engine->has_host_poll = true;
  ln_host_own(engine, (uv_handle_t *)&engine->host_poll);
  ln_host_watch_again(engine);
  return 0;
}

static void on_idle(uv_idle_t *handle) { (void)handle; }

/* libuv polls without waiting while an idle handle is active. */
void ln_host_end_wait(struct ln_engine *engine) { uv_idle_start(&engine->idle, on_idle); }

/* The armed wait ends with an event, not empty-handed; so no mark is needed when none is armed: arming looks for work. */
void ln_host_soon(struct ln_engine *engine) {
  if (engine->armed) ln_host_end_wait(engine);
}
