/* The guest of Node's loop: looks, gives every slot its turn, calls JavaScript, and does what that asked for. */
#ifndef LOOP_NATIVE_ENGINE_H
#define LOOP_NATIVE_ENGINE_H

#include "tls.h"

#if LN_LAYER < LN_LAYER_ENGINE
#error "engine.h is of a higher layer than the file that includes it"
#endif

/* engine.c */
int ln_engine_open(struct ln_engine *engine, uv_loop_t *loop, const struct ln_poller *poller);
void ln_engine_close(struct ln_engine *engine);
void ln_engine_arm(struct ln_engine *engine, double timeout_ms);
void ln_engine_wake(struct ln_engine *engine);

/* take.c */
int32_t ln_take(struct ln_engine *engine);

/* flush.c: the operation queue */
void ln_flush(struct ln_engine *engine);

#endif
