/* How an engine comes, calls JavaScript, and goes. */
#define LN_LAYER LN_LAYER_BINDING

#include <stdlib.h>
#include <string.h>

#include "binding.h"

static void release(struct binding *binding) {
  if (!binding->let_go || !binding->engine_gone || binding->slab_buffers > 0) return;
  free(binding->engine.slab);
  free(binding);
}

static void on_let_go(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct binding *binding = data;
  binding->let_go = true;
  release(binding);
}

static void on_engine_gone(struct ln_engine *engine) {
  struct binding *binding = engine->binding;
  napi_delete_reference(binding->env, binding->callback);
  napi_delete_reference(binding->env, binding->memory);
  napi_async_destroy(binding->env, binding->context);
  napi_remove_async_cleanup_hook(binding->hook);
  binding->engine_gone = true;
  release(binding);
}

static void on_env_end(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  ln_engine_close(&((struct binding *)data)->engine);
}

/*
 * A call into JavaScript as Node makes its own: ticks and microtasks run when the scope is closed, and an error that comes
 * out is the process's uncaughtException. It is handed over while the scope is open. What threw may have been a tick, run
 * by a drain inside the call, which leaves its async ids on Node's stack; Node clears the stack with the handling of the
 * error, and a scope that is closed before that (as napi_make_callback does) finds ids that are not its own and aborts.
 */
static void deliver(struct ln_engine *engine, int32_t events) {
  struct binding *binding = engine->binding;
  napi_env env = binding->env;
  napi_handle_scope scope;
  napi_callback_scope callback_scope;
  napi_value callback, receiver, argument, error;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_get_reference_value(env, binding->callback, &callback);
  napi_get_reference_value(env, binding->memory, &receiver);
  argument = ln_number(env, events);
  if (napi_open_callback_scope(env, receiver, binding->context, &callback_scope) == napi_ok) {
    napi_status status = napi_call_function(env, receiver, callback, 1, &argument, NULL);
    if (status == napi_pending_exception && napi_get_and_clear_last_exception(env, &error) == napi_ok)
      napi_fatal_exception(env, error);
    napi_close_callback_scope(env, callback_scope);
  }
  napi_close_handle_scope(env, scope);
}

/* The data of the typed array `name` of the shared memory; NULL unless it has `size` bytes. */
static void *shared(napi_env env, napi_value memory, const char *name, size_t size) {
  napi_value array, buffer;
  void *data = NULL;
  size_t actual = 0;
  if (napi_get_named_property(env, memory, name, &array) != napi_ok) return NULL;
  if (napi_get_typedarray_info(env, array, NULL, NULL, &data, &buffer, NULL) != napi_ok) return NULL;
  if (napi_get_arraybuffer_info(env, buffer, NULL, &actual) != napi_ok || actual != size) return NULL;
  return data;
}

static bool share(napi_env env, napi_value memory, struct ln_engine *engine) {
  engine->events = shared(env, memory, "events", sizeof(int32_t) * 4 * LN_EVENTS);
  engine->queue = shared(env, memory, "queue", sizeof(int32_t) * 4 * (1 + LN_QUEUE));
  engine->pending = shared(env, memory, "pending", sizeof(double) * LN_SLOTS);
  engine->out = shared(env, memory, "out", LN_OUT);
  return engine->events != NULL && engine->queue != NULL && engine->pending != NULL && engine->out != NULL;
}

/* open(backend, busyPollUs, memory, callback): an engine, or a negative error. */
CALL(ln_call_open) {
  napi_value arguments[4], result, name;
  size_t count = 4;
  char backend[16] = "";
  uv_loop_t *loop = NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_string_utf8(env, arguments[0], backend, sizeof backend, NULL);
  const struct ln_poller *poller = ln_poller_named(backend);
  if (poller == NULL || napi_get_uv_event_loop(env, &loop) != napi_ok) return ln_number(env, UV_ENOTSUP);

  struct binding *binding = calloc(1, sizeof *binding);
  if (binding == NULL) return ln_number(env, UV_ENOMEM);
  struct ln_engine *engine = &binding->engine;
  engine->slab = malloc(LN_SLAB);
  if (engine->slab == NULL || !share(env, arguments[2], engine)) {
    int error = engine->slab == NULL ? UV_ENOMEM : UV_EINVAL;
    free(engine->slab);
    free(binding);
    return ln_number(env, error);
  }
  binding->env = env;
  engine->binding = binding;
  engine->deliver = deliver;
  engine->gone = on_engine_gone;
  engine->busy_poll_ns = (uint64_t)ln_to_int(env, arguments[1]) * 1000;
  napi_create_reference(env, arguments[2], 1, &binding->memory);
  napi_create_reference(env, arguments[3], 1, &binding->callback);
  name = ln_text(env, "loop.selector", NAPI_AUTO_LENGTH);
  napi_async_init(env, arguments[2], name, &binding->context);
  napi_add_async_cleanup_hook(env, on_env_end, binding, &binding->hook);

  int error = ln_engine_open(engine, loop, poller);
  if (error != 0) {
    binding->let_go = true; /* JavaScript never had it. */
    if (engine->open_handles > 0) ln_engine_close(engine);
    else on_engine_gone(engine);
    return ln_number(env, error);
  }
  napi_create_external(env, binding, on_let_go, NULL, &result);
  napi_type_tag_object(env, result, &ln_engine_tag);
  return result;
}

static void on_slab_buffer_gone(napi_env env, void *data, void *hint) {
  (void)env, (void)data;
  struct binding *binding = hint;
  binding->slab_buffers--;
  release(binding);
}

/*
 * slab(engine): an array buffer over the slab. Handlers that are lent its bytes can reach it through them, so its memory is
 * never JavaScript's: whatever becomes of the buffer, the next take has a place to write to, and another buffer is asked for.
 * Node moves no buffer over an addon's memory to another thread, but since Node 22 a program can detach it.
 */
CALL(ln_call_slab) {
  ENTER;
  struct binding *binding = call.engine->binding;
  napi_value buffer;
  if (napi_create_external_arraybuffer(env, call.engine->slab, LN_SLAB, on_slab_buffer_gone, binding, &buffer) != napi_ok)
    return ln_number(env, UV_ENOTSUP);
  binding->slab_buffers++;
  return buffer;
}

CALL(ln_call_close) {
  ENTER;
  ln_flush(call.engine);
  ln_engine_close(call.engine);
  return NULL;
}
