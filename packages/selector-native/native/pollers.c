/* Which pollers this binary has, the best first. */
#define LN_LAYER LN_LAYER_POLLER

#include <string.h>

#include "poller.h"

const struct ln_poller *const ln_pollers[] = {
#if defined(LN_HAVE_KQUEUE)
    &ln_poller_kqueue,
#elif defined(__linux__)
    &ln_poller_epoll,
    &ln_poller_uring,
#endif
    &ln_poller_uv,
};
const size_t ln_poller_count = sizeof ln_pollers / sizeof *ln_pollers;

const struct ln_poller *ln_poller_named(const char *name) {
  for (size_t i = 0; i < ln_poller_count; i++)
    if (strcmp(ln_pollers[i]->name, name) == 0) return ln_pollers[i];
  return NULL;
}
