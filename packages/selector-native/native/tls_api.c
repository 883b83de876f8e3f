/* Looks OpenSSL's functions up in the executable that runs. */
#define LN_LAYER LN_LAYER_TLS

#include <uv.h>

#include "tls_api.h"

#if defined(_WIN32)
#include <windows.h>
#endif

struct ln_openssl openssl;

static const char *missing;

static void load(void) {
  uv_lib_t program = {0};
#if defined(_WIN32)
  program.handle = GetModuleHandleA(NULL);
#else
  if (uv_dlopen(NULL, &program) != 0) {
    missing = "the program's own symbols";
    return;
  }
#endif
#define LN_TLS_LOOK_UP(result, name, arguments) \
  if (missing == NULL && uv_dlsym(&program, #name, (void **)&openssl.name) != 0) missing = #name;
  LN_TLS_FUNCTIONS(LN_TLS_LOOK_UP)
#undef LN_TLS_LOOK_UP
  /* Another major version may mean something else by the same names. */
  if (missing == NULL && openssl.OpenSSL_version_num() >> 28 != 3) missing = "OpenSSL 3";
}

const char *ln_openssl_load(void) {
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, load);
  return missing;
}
